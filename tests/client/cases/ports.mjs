// Cases of message ports alone: the kinds of workers and of messages, and a worker that has more to do than one call.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/message-port";
import { connect } from "../../../orpc-browser/page.ts";
import { startWorker } from "../support/browser-port-link.mjs";
import { assertInputRefused, assertORPCError, errorOf } from "../support/errors.mjs";
import { eventually, soon } from "../support/eventually.mjs";
import { take } from "../support/streams.mjs";

const FAILED = { code: "INTERNAL_SERVER_ERROR", status: 500, message: "Internal server error" };

const clientOf = (port, options) => createORPCClient(new RPCLink({ port, ...options }));

/** A connection to the worker that all pages share. */
export function openShared() {
  const port = connect(new SharedWorker("/worker/worker.js", { type: "module", name: "shared" }));
  return { port, client: clientOf(port) };
}

export function ports(world) {
  describe("ports", () => {
    it("a worker is a port itself, and calls wait until its module runs", async () => {
      const worker = startWorker();
      const client = clientOf(worker);
      const calls = Array.from({ length: 20 }, (_, n) => client.values.any(n));
      assert.deepEqual(await soon("the answers", Promise.all(calls)), Array.from({ length: 20 }, (_, n) => n));
      worker.terminate();
    });

    it("a port that is posted before the module runs is served as soon as it does", async () => {
      const worker = startWorker();
      const { port1, port2 } = new MessageChannel();
      worker.postMessage(port2, [port2]);
      port1.start();
      assert.equal(await soon("the answer", clientOf(port1).ping()), "pong");
      worker.terminate();
    });

    it("a client posts ports for others, by its own port", async () => {
      const { port } = world.connection();
      const { port1, port2 } = new MessageChannel();
      port.postMessage(port2, [port2]);
      port1.start();
      assert.equal(await soon("the answer", clientOf(port1).ping()), "pong");
      // It does not end with the port that brought it.
      port.close();
      assert.equal(await clientOf(port1).ping(), "pong");
      port1.close();
    });

    it("a shared worker serves each page that connects, and its calls end with its port", async () => {
      const [first, second] = [openShared(), openShared()];
      const ticks = await first.client.stream.ticks({ everyMs: 10_000 });
      assert.equal(await second.client.stream.live(), 1);
      await ticks.return();
      await eventually("no stream", () => second.client.stream.live(), 0);
      await first.client.stream.ticks({ everyMs: 10_000 });
      first.port.close();
      await eventually("no stream", () => second.client.stream.live(), 0);
      second.port.close();
    });

    it("messages are objects where the client transfers, and no text", async () => {
      const posted = [];
      const { port } = world.connection();
      const watched = {
        addEventListener: (...of) => port.addEventListener(...of),
        postMessage: (...of) => {
          posted.push(of[0]);
          port.postMessage(...of);
        },
      };
      const client = clientOf(watched, { experimental_transfer: () => [] });
      const value = { list: [1n, new Date(0), undefined], map: new Map([["k", new Set([NaN])]]), text: "\u0000\u{1F600}" };
      assert.deepEqual(await client.values.any(value), value);
      assertInputRefused(await errorOf(client.echo({ room: "", text: "x", tags: [] })), [["room"]]);
      const ticks = await client.stream.ticks({ everyMs: 1 });
      assert.deepEqual((await take(ticks, 3)).map(({ n }) => n), [0, 1, 2]);
      await ticks.return();
      await eventually("no stream", () => client.stream.live(), 0);
      assert.ok(posted.length > 4 && posted.every((message) => typeof message === "object"));
    });

    it("other messages and those that no client sends are ignored", async () => {
      const { port, client } = world.connection();
      const loop = { i: "1" };
      loop.loop = loop;
      const others = ["", "ping", "{}", 1, null, undefined, [], {}, [1], { i: "9" }, { i: "9", p: 1 }, { i: 1n }, loop, new Uint8Array(3)];
      others.push(new ArrayBuffer(0), new Date(), new Map(), new Blob(["x"]), true, { text: "hello" }, "\ud800");
      for (const other of others) port.postMessage(other);
      assert.equal(await soon("the answer", client.ping()), "pong");
    });

    it("messages of bytes arrive as a buffer, a view and a part of one", async () => {
      const { port } = world.connection();
      const ids = [];
      port.addEventListener("message", ({ data }) => ids.push(JSON.parse(data).i));
      const encode = (id) => new TextEncoder().encode(`..{"i":"${id}","p":{"u":"/ping"}}..`);
      port.postMessage(encode("view").slice(2, -2));
      port.postMessage(encode("buffer").slice(2, -2).buffer);
      port.postMessage(encode("part").subarray(2, -2));
      const view = encode("data").slice(2, -2);
      port.postMessage(new DataView(view.buffer));
      await eventually("the answers", () => ids.join(), "view,buffer,part,data");
    });

    it("a stream that is always ready leaves room for other calls, and is returned from", async () => {
      const client = world.client();
      const endless = await client.worker.endless();
      assert.deepEqual(await take(endless, 300), Array.from({ length: 300 }, (_, n) => n));
      assert.equal(await soon("the answer", client.ping()), "pong");
      assert.equal(await soon("the answer to another", world.client().ping()), "pong");
      await soon("the end", endless.return());
      // The messages that were under way are over.
      assert.equal(await soon("the answer", client.ping()), "pong");
    });

    it("a panic of a procedure is one error, and the worker goes on", async () => {
      const client = world.client();
      assertORPCError(await errorOf(client.worker.panics()), FAILED);
      assert.equal(await client.ping(), "pong");
    });

    it("a port that the worker closes fails the calls that are open", async () => {
      const { client } = world.connection();
      const waiting = errorOf(client.slow.wait({ ms: 60_000 }));
      await client.worker.close();
      assert.ok((await soon("the failure", waiting)) instanceof Error);
    });

    it("16 MiB come and go, without a copy that stays", async () => {
      const client = world.client();
      const content = Uint8Array.from({ length: 4 * 1024 * 1024 }, (_, index) => index % 251);
      for (let turn = 0; turn < 4; turn += 1) {
        const file = await client.values.any(new File([content], "large", { type: "a/b" }));
        assert.deepEqual(new Uint8Array(await file.arrayBuffer()), content);
      }
    });
  });
}
