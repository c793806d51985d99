// The places where the server keeps events and what rooms keep: memory, or files that a restart reads again.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createORPCClient, getEventMeta } from "@orpc/client";
import { assertInputRefused, errorOf } from "./support/errors.mjs";
import { TIME_LIMIT, soon } from "./support/eventually.mjs";
import { httpLink } from "./support/http-link.mjs";
import { serverIsForeign, startServer } from "./support/server.mjs";
import { take } from "./support/streams.mjs";
import { useWorld } from "./support/world.mjs";

const clientOf = ({ origin }) => createORPCClient(httpLink(origin).link);

describe("the storage of rooms", TIME_LIMIT, () => {
  const world = useWorld(httpLink);
  const newRoom = () => crypto.randomUUID();

  it("keeps any JSON by key, in each room by itself", async () => {
    const { store } = world.client();
    const [room, other] = [newRoom(), newRoom()];
    for (const value of [null, false, 0, "", "text", [], { a: [1.5, null] }]) {
      assert.equal(await store.put({ room, key: "k", value }), undefined);
      assert.deepEqual(await store.get({ room, key: "k" }), value);
    }
    assert.equal(await store.get({ room: other, key: "k" }), undefined);
    assert.equal(await store.delete({ room: other, key: "k" }), false);
    assert.equal(await store.delete({ room, key: "k" }), true);
    assert.equal(await store.get({ room, key: "k" }), undefined);
  });

  it("lists entries in the order of their keys", async () => {
    const { store } = world.client();
    const room = newRoom();
    const keys = Array.from({ length: 40 }, (_, n) => `n/${`${n}`.padStart(2, "0")}`);
    for (const key of [...keys, "m", "o", "é"].reverse()) await store.put({ room, key, value: key });
    const entries = keys.map((key) => ({ key, value: key }));
    assert.deepEqual(await store.list({ room, prefix: "n/" }), entries);
    assert.deepEqual(await store.list({ room, prefix: "n/", limit: 17 }), entries.slice(0, 17));
    assert.deepEqual(await store.list({ room, prefix: "n/", limit: 1 }), entries.slice(0, 1));
    assert.deepEqual(await store.list({ room, prefix: "x" }), []);
    assert.equal((await store.list({ room, prefix: "" })).length, 43);
  });

  it("does not list more than 8 MiB", async () => {
    const { store } = world.client();
    const room = newRoom();
    for (let n = 0; n < 9; n++) await store.put({ room, key: `${n}`, value: "x".repeat(1_000_000) });
    assert.equal((await errorOf(store.list({ room, prefix: "" }))).code, "PAYLOAD_TOO_LARGE");
    assert.equal((await store.list({ room, prefix: "", limit: 2 })).length, 2);
  });

  it("publishes an event when the alarm of a room goes off", async () => {
    const client = world.client();
    const room = newRoom();
    const events = await client.publisher.subscribe({ channel: `alarm:${room}` });
    assert.equal(await client.store.alarm({ room, inMs: 1 }), undefined);
    assert.deepEqual(await soon("the alarm", take(events, 1)), [{ alarm: room }]);
  });

  for (const [name, input, path] of [
    ["put", { room: "", key: "k", value: 1 }, ["room"]],
    ["put", { room: "r".repeat(65), key: "k", value: 1 }, ["room"]],
    ["put", { room: "r", key: "k".repeat(129), value: 1 }, ["key"]],
    ["put", { room: "r", key: "k" }, ["value"]],
    ["get", { room: "r", key: "" }, ["key"]],
    ["list", { room: "r", prefix: "", limit: 0 }, ["limit"]],
    ["list", { room: "r", prefix: "", limit: 1001 }, ["limit"]],
    ["list", { room: "r" }, ["prefix"]],
    ["alarm", { room: "r", inMs: 3_600_001 }, ["inMs"]],
  ]) {
    it(`${name} refuses ${path} of ${JSON.stringify(input).slice(0, 60)}`, async () => {
      assertInputRefused(await errorOf(world.client().store[name](input)), [path]);
    });
  }

  it("has names of 64 and keys of 128 characters of any length", async () => {
    const { store } = world.client();
    const [room, key] = ["😀".repeat(64), "😀".repeat(128)];
    await store.put({ room, key, value: 1 });
    assert.deepEqual(await store.list({ room, prefix: key }), [{ key, value: 1 }]);
  });
});

describe("files of a server", { ...TIME_LIMIT, skip: serverIsForeign }, () => {
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "orpc-store-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const [name, query] of [["default", ""], ["commit", "?durability=commit"], ["process", "?durability=process"]]) {
    it(`keep events and rooms over a restart (${name})`, async () => {
      const settings = {
        EVENTS: `redb:${join(folder, `${name}.redb`)}${query}`,
        ROOMS_FILE: join(folder, `${name}-rooms.redb`),
      };
      const channel = "alarm:r";
      let server = await startServer(settings);
      const first = await clientOf(server).publisher.publish({ channel, payload: { n: 1 } });
      await clientOf(server).store.put({ room: "r", key: "k", value: { n: 1 } });
      await clientOf(server).publisher.publish({ channel, payload: { n: 2 } });
      await clientOf(server).store.alarm({ room: "r", inMs: 1000 });
      await server.stop();

      server = await startServer(settings);
      try {
        const client = clientOf(server);
        assert.deepEqual(await client.store.get({ room: "r", key: "k" }), { n: 1 });
        const events = await client.publisher.subscribe({ channel }, { lastEventId: first });
        // The alarm was set before the restart, and rings before or after it.
        const received = await soon("the events", take(events, 2));
        assert.deepEqual(received, [{ n: 2 }, { alarm: "r" }]);
        assert.ok(getEventMeta(received[1]).id);
      } finally {
        await server.stop();
      }
    });
  }

  it("are not used by events in memory", async () => {
    for (const EVENTS of ["memory", ""]) {
      const server = await startServer({ EVENTS });
      assert.ok(await clientOf(server).publisher.publish({ channel: "c", payload: 1 }));
      await server.stop();
    }
  });

  for (const [EVENTS, reason] of [
    ["redb:", "EVENTS names no file"],
    ["redb:?durability=commit", "EVENTS names no file"],
    ["redb:/tmp/x?durability=fast", "EVENTS is neither `commit` nor `process`"],
    ["redb:/tmp/x?retention=1", "EVENTS may have `?durability=` alone"],
    ["redb:/dev/null/x", "EVENTS /dev/null/x: the file of events cannot be used: /dev/null/x: Not a directory"],
    ["memry", "EVENTS is none of `memory`, `redb:PATH`"],
    ["http://user:secret@localhost", "EVENTS is none of `memory`, `redb:PATH`"],
    ["redis://localhost?durability=commit", "the URL of Redis has a parameter or fragment that is not known"],
    ["nats://localhost/stream", "the URL of NATS is malformed"],
  ]) {
    it(`are refused with a reason: ${EVENTS}`, async () => {
      const { message } = await errorOf(startServer({ EVENTS }));
      assert.ok(message.includes("code 1, signal null") && message.includes(reason), message);
      assert.ok(!message.includes("secret"), message);
    });
  }
});

describe("/health", TIME_LIMIT, () => {
  const world = useWorld(httpLink);

  it("answers ok", async () => {
    const response = await fetch(`${world.origin}/health`);
    assert.deepEqual([response.status, await response.text()], [200, "ok"]);
  });
});
