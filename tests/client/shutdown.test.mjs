// Start and end of the server. The test needs a process of its own, so a server that runs elsewhere is not
// used.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { createORPCClient } from "@orpc/client";
import { assertORPCError, errorOf } from "./support/errors.mjs";
import { TIME_LIMIT, eventually, soon } from "./support/eventually.mjs";
import { httpLink } from "./support/http-link.mjs";
import { openPeer, request, streamHead } from "./support/peer.mjs";
import { serverIsForeign, startServer } from "./support/server.mjs";
import { take } from "./support/streams.mjs";
import { upgrade } from "./support/upgrade.mjs";
import { wsLink } from "./support/ws-link.mjs";

const CLEAN = { code: 0, signal: null };
const clientOf = ({ origin }) => createORPCClient(httpLink(origin).link);

if (!serverIsForeign) {
  describe("the server process", TIME_LIMIT, () => {
    it("ends with exit code 0 on SIGTERM when it never served", async () => {
      const server = await startServer();
      assert.deepEqual(await server.stop(), CLEAN);
    });

    for (const [settings, expected] of [
      [{ PUBLISHER_DURABILITY: "fast", PUBLISHER_FILE: "/tmp/x" }, "PUBLISHER_DURABILITY is neither `commit` nor `process`"],
      [{ PUBLISHER_DURABILITY: "commit" }, "PUBLISHER_DURABILITY needs a file, which PUBLISHER_FILE names"],
      [{ PUBLISHER_FILE: "" }, "PUBLISHER_FILE names no file"],
      [{ PUBLISHER_FILE: "/dev/null/x" }, "PUBLISHER_FILE /dev/null/x: the file of events cannot be used: /dev/null/x: Not a directory"],
    ]) {
      it(`does not start, and says why, with ${JSON.stringify(settings)}`, async () => {
        const { message } = await errorOf(startServer(settings));
        assert.ok(message.includes("code 1, signal null") && message.includes(expected), message);
      });
    }

    it("ends while connections are open but idle", async () => {
      const server = await startServer();
      assert.equal(await clientOf(server).ping(), "pong");
      assert.deepEqual(await soon("the end", server.stop()), CLEAN);
      assert.ok(!server.left(), "nothing was left that ran");
    });

    it("ends while streams run, and their readers see the end", async () => {
      const server = await startServer();
      const client = clientOf(server);
      const read = async (iterator) => {
        for await (const value of iterator) void value;
      };
      const outcomes = [
        read(await client.stream.ticks({ everyMs: 1 })),
        read(await client.stream.ticks({ everyMs: 10_000 })),
        read(await client.subscribe()),
      ].map((reader) =>
        reader.then(
          () => "ended",
          () => "failed",
        ),
      );
      assert.deepEqual(await soon("the end", server.stop()), CLEAN);
      assert.ok(!server.left(), "nothing was left that ran");
      for (const outcome of outcomes) assert.match(await soon("the end of the stream", outcome), /^(ended|failed)$/);
    });

    it("ends with an unread stream", async () => {
      const server = await startServer();
      await take(await clientOf(server).count({ to: 1_000_000 }), 1);
      assert.deepEqual(await server.stop(), CLEAN);
    });

    it("ends while a call runs, and its caller sees it", async () => {
      const server = await startServer();
      const client = clientOf(server);
      const call = errorOf(client.slow.wait({ ms: 60_000 }));
      await eventually("one call", () => client.slow.live(), 1);
      assert.deepEqual(await server.stop(), CLEAN);
      assert.ok((await soon("the failure", call)) instanceof Error);
    });

    it("serves beside another one of its kind, each on a port of its own", async () => {
      const servers = await Promise.all([startServer(), startServer()]);
      assert.notEqual(servers[0].origin, servers[1].origin);
      for (const server of servers) assert.equal(await clientOf(server).ping(), "pong");
      for (const server of servers) assert.deepEqual(await server.stop(), CLEAN);
    });
  });

  describe("the server process with open WebSockets", TIME_LIMIT, () => {
    const GOING_AWAY = 1001;

    it("closes them with 1001 and ends with exit code 0, whatever runs on them", async () => {
      const server = await startServer();
      const peers = [];
      for (const messages of [
        [],
        [request("1", "/ping")],
        [request("1", "/subscribe")],
        [request("1", "/stream/ticks", { everyMs: 1 })],
        [request("1", "/stream/ticks", { everyMs: 10_000 }), request("2", "/slow/wait", { ms: 60_000 })],
        Array.from({ length: 200 }, (_, index) => request(`${index}`, "/slow/wait", { ms: 60_000 })),
        [{ i: "1", p: { u: "/stream/sum", h: { "content-type": "text/event-stream" } } }],
      ]) {
        const peer = await openPeer(server.origin);
        for (const message of messages) peer.send(message);
        peers.push(peer);
      }
      const watcher = wsLink(server.origin);
      const client = createORPCClient(watcher.link);
      await eventually("two streams", () => client.stream.live(), 2);
      await eventually("the calls that may run", () => client.slow.live(), 65);

      const end = server.stop();
      for (const peer of peers) assert.equal(await peer.closeCode(), GOING_AWAY);
      assert.deepEqual(await soon("the end", end), CLEAN);
      assert.ok(!server.left(), "nothing was left that ran");
    });

    it("closes a hundred of them", async () => {
      const server = await startServer();
      const peers = await Promise.all(Array.from({ length: 100 }, () => openPeer(server.origin)));
      const end = server.stop();
      for (const peer of peers) assert.equal(await peer.closeCode(), GOING_AWAY);
      assert.deepEqual(await soon("the end", end), CLEAN);
      assert.ok(!server.left(), "nothing was left that ran");
    });

    it("answers what ends before the deadline on a hundred of them, ends the rest, and opens no more", async () => {
      const DEADLINE = 4000; // of this server
      const UNAVAILABLE = { code: "SERVICE_UNAVAILABLE", status: 503, message: "Service Unavailable" };
      const server = await startServer();
      const watcher = clientOf(server);
      const open = Array.from({ length: 100 }, () => {
        const { link, socket } = wsLink(server.origin);
        return { client: createORPCClient(link), closed: once(socket, "close") };
      });
      const streams = await Promise.all(open.map(({ client }) => client.stream.ticks({ everyMs: 10_000 })));
      const readers = streams.map((iterator) => errorOf(take(iterator, Infinity)));
      const endless = open.map(({ client }) => errorOf(client.slow.wait({ ms: 60_000 })));
      await eventually("all endless calls", () => watcher.slow.live(), 100);
      const answers = open.map(({ client }) => client.slow.wait({ ms: DEADLINE / 2 }));
      await eventually("all calls", () => watcher.slow.live(), 200);
      await eventually("all streams", () => watcher.stream.live(), 100);

      const start = performance.now();
      const end = server.stop();
      for (const error of await soon("the ends of the streams", Promise.all(readers))) {
        assertORPCError(error, UNAVAILABLE);
      }
      // From here on the server is known to shut down.
      const refused = [];
      for (let turn = 0; turn < 20; turn++) refused.push(upgrade(server.origin).catch(({ code }) => ({ code })));
      const late = open.map(({ client }) => errorOf(client.ping()));
      for (const error of await soon("the refusals", Promise.all(late))) assertORPCError(error, UNAVAILABLE);
      for (const { code, status } of await Promise.all(refused)) {
        assert.ok(status === 503 || ["ECONNREFUSED", "ECONNRESET"].includes(code), `${status ?? code}`);
      }

      assert.deepEqual(await soon("the answers", Promise.all(answers)), Array(100).fill("done"));
      const left = DEADLINE + 20_000 - (performance.now() - start);
      for (const [code] of await soon("the ends of the sockets", Promise.all(open.map(({ closed }) => closed)), left)) {
        assert.equal(code, GOING_AWAY);
      }
      for (const error of await soon("the failures", Promise.all(endless))) assert.equal(error.name, "AbortError");
      assert.deepEqual(await soon("the end", end), CLEAN);
      assert.ok(!server.left(), "nothing was left that ran");
    });

    it("fails the calls and streams of the official client, which sees the end", async () => {
      const server = await startServer();
      const client = createORPCClient(wsLink(server.origin).link);
      const reader = errorOf(take(await client.stream.ticks({ everyMs: 1 }), Infinity));
      const call = errorOf(client.slow.wait({ ms: 60_000 }));
      await eventually("one call", () => client.slow.live(), 1);
      assert.deepEqual(await soon("the end", server.stop()), CLEAN);
      assert.ok(!server.left(), "nothing was left that ran");
      for (const failure of [reader, call]) assert.ok((await soon("the failure", failure)) instanceof Error);
    });

    it("ends though a socket does not read, nor answer that it is closed", async () => {
      const server = await startServer();
      const peer = await openPeer(server.origin);
      peer.send(request("1", "/count", { to: 1_000_000 }));
      assert.equal(await peer.next(), streamHead("1"));
      peer.socket.pause();
      assert.deepEqual(await server.stop(), CLEAN);
      peer.socket.terminate();
    });
  });
}
