// The room by the official client, in a process and on a Durable Object: the same cases. On the object, `evict` removes it
// from memory.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createORPCClient, isDefinedError, safe } from "@orpc/client";
import { BatchLinkPlugin } from "@orpc/client/plugins";
import { RPCLink } from "@orpc/client/websocket";
import { DurableObject, Process, until, within } from "./hosts.mjs";

const code = async (promise) => (await safe(promise)).error?.code;

for (const Host of [Process, DurableObject]) {
  describe(Host.name, () => {
    let host;
    before(async () => (host = await Host.start()));
    after(() => host.stop());

    /** Two clients in a room of their own. */
    let rooms = 0;
    const two = async (tags = ["", ""]) => {
      const room = `room-${(rooms += 1)}`;
      const [ada, bob] = [await host.open(room, `user=ada${tags[0]}`), await host.open(room, `user=bob${tags[1]}`)];
      const close = () => [ada, bob].forEach((it) => it.close());
      return { room, ada, bob, close, evict: () => host.evict(room) };
    };

    test("calls: results, validation, declared errors, streams, abort", async () => {
      const { ada, close, room } = await two();
      assert.equal(await ada.client.divide([7, 2]), 3);
      assert.equal(await ada.client.name(), room);
      const { error } = await safe(ada.client.divide([7, 0]));
      assert.ok(isDefinedError(error));
      assert.deepEqual([error.code, error.data], ["BY_ZERO", { dividend: 7 }]);
      const invalid = (await safe(ada.client.say({ text: "" }))).error;
      assert.equal(invalid.code, "BAD_REQUEST");
      assert.deepEqual(invalid.data.issues[0].path, ["text"]);
      const counted = [];
      for await (const n of await ada.client.count(3)) counted.push(n);
      assert.deepEqual(counted, [0, 1, 2]);
      const ticks = [];
      for await (const n of await ada.client.ticks(1)) {
        ticks.push(n);
        if (n === 2) break;
      }
      assert.deepEqual(ticks, [0, 1, 2]);
      const abort = new AbortController();
      const waiting = ada.client.wait(60_000, { signal: abort.signal });
      abort.abort();
      await assert.rejects(waiting, { name: "AbortError" });
      assert.equal(await ada.client.wait(1), "done");
      close();
    });

    test("a panic is one INTERNAL_SERVER_ERROR, and the room goes on", async () => {
      const { ada, bob, close } = await two();
      const [panicked, other] = await Promise.all([code(ada.client.panics()), bob.client.wait(20)]);
      assert.deepEqual([panicked, other], ["INTERNAL_SERVER_ERROR", "done"]);
      assert.equal(await ada.client.divide([4, 2]), 2);
      close();
    });

    test("a room refuses a socket with a status", async () => {
      await assert.rejects(host.open("refusing", "user="));
      const response = await fetch(`${host.origin}/rooms/refusing`);
      await response.text();
      assert.equal(response.status, 426);
      // workerd removes the header.
      if (host.kind === "process") assert.equal(response.headers.get("upgrade"), "websocket");
    });

    test("messages to all, to a tag, to one, to all but the sender", async () => {
      const { ada, bob, close, evict } = await two(["&tag=staff", "&tag=guest"]);
      const inbox = { ada: await ada.client.onMessage(), bob: await bob.client.onMessage() };
      const next = async (user) => (await within(inbox[user].next())).value;
      for (const evicts of [false, true, true]) {
        const say = async (input) => {
          if (evicts) await evict();
          return ada.client.say({ text: "hello", ...input });
        };
        assert.equal(await say({}), 2);
        assert.deepEqual(await next("ada"), { from: "ada", text: "hello" });
        assert.deepEqual(await next("bob"), { from: "ada", text: "hello" });
        assert.equal(await say({ tag: "guest", text: "guests" }), 1);
        assert.equal((await next("bob")).text, "guests");
        assert.equal(await say({ tag: "nobody" }), 0);
        assert.equal(await say({ except_me: true, text: "others" }), 1);
        assert.equal((await next("bob")).text, "others");
        const id = await ada.client.myId();
        assert.equal(await say({ to: id, text: "self" }), 1);
        // The messages to bob did not arrive here.
        assert.equal((await next("ada")).text, "self");
      }
      close();
    });

    test("two iterators of a socket, one of which the client stops, survive evictions", async () => {
      const { ada, bob, close, evict } = await two();
      const messages = await ada.client.onMessage();
      const notes = await ada.client.onNote();
      await evict();
      assert.equal(await bob.client.say({ text: "one" }), 1);
      assert.equal((await within(messages.next())).value.text, "one");
      assert.equal((await within(notes.next())).value, "bob: one");
      await evict();
      await messages.return();
      await until(() => bob.client.say({ text: "two" }), (sent) => sent === 0);
      const seen = [];
      while (seen.at(-1) !== "bob: two") seen.push((await within(notes.next())).value);
      await evict();
      assert.equal(await bob.client.say({ text: "three" }), 0);
      while (seen.at(-1) !== "bob: three") seen.push((await within(notes.next())).value);
      close();
    });

    test("an attachment survives evictions, and one that is too long is refused", async () => {
      const { ada, close, evict } = await two();
      await ada.client.onMessage();
      await ada.client.attach("ü€🙂".repeat(100));
      await evict();
      assert.equal(await ada.client.attached(), "ü€🙂".repeat(100));
      const { error } = await safe(ada.client.attach("x".repeat(2040)));
      assert.equal(error.code, "PAYLOAD_TOO_LARGE");
      assert.match(error.message, /bytes.* are allowed/u);
      await evict();
      assert.equal(await ada.client.attached(), "ü€🙂".repeat(100));
      close();
    });

    test("calls of a room run one at a time, over all its sockets, and concurrent ones beside them", async () => {
      const { ada, bob, close } = await two();
      const order = [];
      const slow = ada.client.increment(200).then(() => order.push("slow"));
      await bob.client.wait(1);
      order.push("concurrent");
      await Promise.all([slow, ...[1, 2, 3, 4].map((n) => (n % 2 ? ada : bob).client.increment(5))]);
      assert.deepEqual(order, ["concurrent", "slow"]);
      assert.equal(await ada.client.increment(0), 6);
      close();
    });

    test("calls of a batch run one at a time", async () => {
      const { websocket, close } = await host.open(`room-${(rooms += 1)}`, "user=ada");
      const plugins = [new BatchLinkPlugin({ groups: [{ condition: () => true, context: {} }] })];
      const client = createORPCClient(new RPCLink({ websocket, plugins }));
      assert.deepEqual(await Promise.all([20, 5, 0].map((ms) => client.increment(ms))), [1, 2, 3]);
      close();
    });

    test("a room is told of sockets in order, and its log is kept", async () => {
      const room = `room-${(rooms += 1)}`;
      const ada = await host.open(room, "user=ada");
      // The call waits for `user_joined`.
      assert.deepEqual(await ada.client.log(), ["joined ada"]);
      const bob = await host.open(room, "user=bob");
      await bob.client.append("bob writes");
      await host.evict(room);
      bob.websocket.close(4001, "bye");
      const log = await until(() => ada.client.log(), (log) => log.length === 4);
      assert.deepEqual(log, ["joined ada", "joined bob", "bob writes", "left 4001 bob"]);
      ada.close();
    });

    test("an alarm rings once, after an eviction and after failures", async () => {
      const { ada, close, evict } = await two();
      const messages = await ada.client.onMessage();
      await ada.client.alarm([100, 0]);
      assert.equal(await ada.client.hasAlarm(), true);
      await evict();
      assert.deepEqual((await within(messages.next())).value, { from: "alarm", text: "ring" });
      await until(() => ada.client.hasAlarm(), (has) => !has);
      await ada.client.alarm([1, 1]);
      // It is repeated after two seconds.
      assert.deepEqual((await within(messages.next())).value, { from: "alarm", text: "ring" });
      await until(() => ada.client.hasAlarm(), (has) => !has);
      const log = await ada.client.log();
      assert.equal(log.filter((text) => text === "alarm").length, 2);
      close();
    });

    test("idle sockets are closed with 1000, those with messages are not", async () => {
      const { ada, bob, close, evict } = await two();
      // The limit of this room is four seconds.
      let closed;
      bob.closed.then((close) => (closed = close));
      await evict();
      await until(() => ada.client.name(), () => closed, 30);
      assert.deepEqual(closed, { code: 1000, reason: "Idle timeout" });
      const log = await until(() => ada.client.log(), (log) => log.length === 3);
      assert.equal(log[2], "left 1000 bob");
      close();
    });

    for (const name of ["entries", "values", "lists", "sequences", "batches", "limits", "alarm"]) {
      test(`storage: ${name}`, async () => {
        const { ada, close } = await two();
        await ada.client.storageCase(name);
        close();
      });
    }

    test("storage and alarm survive a restart", async () => {
      const room = `room-${(rooms += 1)}`;
      let { client } = await host.open(room, "user=ada");
      await client.put({ key: "topic", value: "Rust" });
      await client.append("before");
      await client.alarm([1500, 0]);
      host = await host.restart();
      ({ client } = await host.open(room, "user=ada"));
      assert.equal(await client.get("topic"), "Rust");
      const log = await until(() => client.log(), (log) => log.includes("alarm"));
      assert.deepEqual(log.filter((text) => !/^(left|joined)/u.test(text)), ["before", "alarm"]);
    });
  });
}
