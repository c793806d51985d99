// Publishers whose channels are Durable Objects, read by the official client: over event streams from procedures of the
// Worker, and over WebSockets from those of a room.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { createORPCClient, getEventMeta, safe } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { RPCLink as WebSocketLink } from "@orpc/client/websocket";
import { DurableObject, evictedMeanwhile, next, take, texts, until, within } from "./hosts.mjs";

/** The events and bytes that an object sends beyond those that its reader has read. */
const WINDOW = { events: 128, bytes: 256 << 10 };

let host;
before(async () => (host = await DurableObject.start()));
after(() => host.stop());

let channels = 0;
const named = () => `news-${(channels += 1)}`;
const ends = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const http = (path = "/news") => createORPCClient(new RPCLink({ url: () => `${host.origin}${path}` }));
const tell = (channel, text, { key, client = http() } = {}) => client.tell([channel, text, key]);
const readers = (channel) => http().readers(channel);
const evict = (channel, webSockets = "hibernate") => host.evict(channel, "NewsObject", webSockets);

/** Clients by their transports: each opens readers of channels. */
const TRANSPORTS = {
  /** Procedures of the Worker. */
  sse: async () => ({ client: http(), leave: (abort) => abort.abort() }),
  /** Procedures of a room, on whose object the WebSocket of the client ends. */
  websocket: async () => {
    const websocket = new WebSocket(`${host.origin.replace(/^http/u, "ws")}/news-rooms/room-${named()}`);
    await within(new Promise((ok, fail) => ((websocket.onopen = ok), (websocket.onerror = fail))));
    return { client: createORPCClient(new WebSocketLink({ websocket })), leave: () => websocket.close() };
  },
};

/** A reader of a channel, once the object knows it. */
async function listen(transport, channel, { lastEventId } = {}) {
  const { client, leave } = await TRANSPORTS[transport]();
  const before = await readers(channel);
  const abort = new AbortController();
  const iterator = await within(client.listen([channel, false], { lastEventId, signal: abort.signal }));
  let pending;
  if (lastEventId === undefined) {
    // A stream begins with its first read.
    pending = iterator.next();
    pending.catch(() => {});
    await until(() => readers(channel), (count) => count === before + 1);
  }
  const reader = {
    next: () => {
      const first = pending ?? iterator.next();
      pending = undefined;
      return first;
    },
    abort: () => abort.abort(),
    return: () => iterator.return(),
    leave: () => leave(abort),
  };
  ends.push(reader.leave);
  return reader;
}

for (const transport of Object.keys(TRANSPORTS)) {
  describe(transport, () => {
    test("two readers get each event once and in order, over evictions", async () => {
      const channel = named();
      const both = [await listen(transport, channel), await listen(transport, channel)];
      for (const webSockets of ["none", "hibernate", "hibernate"]) {
        if (webSockets !== "none") await evict(channel, webSockets);
        const ids = [await tell(channel, "one"), await tell(channel, "two")];
        for (const reader of both) {
          const events = await take(reader, 2);
          assert.deepEqual(events.map(({ from, text }) => [from, text]), [["news", "one"], ["news", "two"]]);
          assert.deepEqual(events.map((event) => getEventMeta(event).id), ids);
        }
      }
      assert.equal(await readers(channel), 2);
    });

    test("a reader goes on behind its last event when the object is restarted", async () => {
      const channel = named();
      const reader = await listen(transport, channel);
      // Before its first event as well.
      for (const text of ["one", "two", "three"]) {
        await evict(channel, "close");
        await tell(channel, text);
        assert.equal((await next(reader)).text, text);
      }
      // The events of two epochs are read after the second restart.
      await evict(channel, "close");
      await tell(channel, "four");
      await evict(channel, "close");
      await tell(channel, "five");
      assert.deepEqual(texts(await take(reader, 2)), ["four", "five"]);
    });

    test("a reader that comes back gets what it missed, over evictions and restarts", async () => {
      const channel = named();
      const first = await tell(channel, "0");
      const sent = Array.from({ length: 150 }, (_, n) => String(n + 1));
      for (const text of sent) {
        if (text === "50") await evict(channel);
        if (text === "100") await evict(channel, "close");
        await tell(channel, text);
      }
      await evict(channel, "close");
      const reader = await listen(transport, channel, { lastEventId: first });
      assert.deepEqual(texts(await take(reader, sent.length)), sent);
      await tell(channel, "live");
      assert.equal((await next(reader)).text, "live");
    });

    test("evictions and restarts between a hundred events lose and repeat none", async () => {
      const channel = named();
      const both = [await listen(transport, channel), await listen(transport, channel)];
      const sent = Array.from({ length: 100 }, (_, n) => String(n));
      for (const text of sent) {
        const kind = Number(text) % 10 === 9 ? "close" : "hibernate";
        // Half of them while the event is published, where the object is in memory at the time.
        const evicting = () => evictedMeanwhile(evict(channel, kind));
        const meanwhile = Number(text) % 2 ? evicting() : undefined;
        // An eviction may end the request of a publisher, which repeats it.
        await until(() => safe(tell(channel, text, { key: text })), ({ isSuccess }) => isSuccess);
        await (meanwhile ?? evicting());
      }
      for (const reader of both) assert.deepEqual(texts(await take(reader, sent.length)), sent);
    });

    test("a reader whose client leaves ends in the object", async () => {
      const channel = named();
      const [aborts, returns, stays] = [await listen(transport, channel), await listen(transport, channel), await listen(transport, channel)];
      assert.equal(await readers(channel), 3);
      aborts.abort();
      await until(() => readers(channel), (count) => count === 2);
      await returns.return();
      await until(() => readers(channel), (count) => count === 1);
      await evict(channel);
      await tell(channel, "still here");
      assert.equal((await next(stays)).text, "still here");
      stays.leave();
      await until(() => readers(channel), (count) => count === 0);
    });
  });
}

test("an idempotency key makes one event of two", async () => {
  const channel = named();
  const reader = await listen("sse", channel);
  const first = await tell(channel, "once", { key: "order-17" });
  await evict(channel, "close");
  assert.equal(await tell(channel, "again", { key: "order-17" }), first);
  await tell(channel, "end");
  assert.deepEqual(texts(await take(reader, 2)), ["once", "end"]);
});

test("events survive a restart of the host", async () => {
  const channel = named();
  const first = await tell(channel, "first");
  await tell(channel, "second");
  host = await host.restart();
  await tell(channel, "third");
  const reader = await listen("sse", channel, { lastEventId: first });
  assert.deepEqual(texts(await take(reader, 2)), ["second", "third"]);
  const all = await http().listen([channel, true]);
  ends.push(() => all.return());
  assert.deepEqual(texts(await take(all, 3)), ["first", "second", "third"]);
});

test("a gap is told once events are older than the retention", async () => {
  const channel = named();
  const client = http("/old-news");
  const first = await tell(channel, "first", { client });
  await tell(channel, "second", { client });
  const gap = await until(async () => {
    const last = await tell(channel, "later", { client });
    const iterator = await client.listen([channel, false], { lastEventId: first });
    const outcome = await safe(within(iterator.next()));
    await iterator.return();
    return { ...outcome, last };
  }, ({ error }) => error !== null);
  assert.deepEqual([gap.error.code, gap.error.status, gap.error.defined], ["EVENT_GAP", 410, true]);
  const { reason, last, resume } = gap.error.data;
  assert.deepEqual([reason, last], ["trimmed", first]);
  // Behind the gap it goes on; there is another if that takes longer than the retention.
  const end = await tell(channel, "end", { client });
  for (let lastEventId = resume, seen; seen !== end; ) {
    const { error, data } = await safe(within((await client.listen([channel, false], { lastEventId })).next()));
    if (error) assert.equal(error.code, "EVENT_GAP");
    else assert.ok(["second", "later", "end"].includes(data.value.text));
    lastEventId = error ? error.data.resume : (seen = getEventMeta(data.value).id);
    if (lastEventId === end) break;
  }
});

test("a gap is told of ids that the channel does not have", async () => {
  const channel = named();
  const last = await tell(channel, "last");
  for (const [lastEventId, reason] of [[last.replace(/\..*/u, ".99999"), "ahead"], [`${"0".repeat(31)}1.1`, "epoch"]]) {
    const { error } = await safe(within((await http().listen([channel, false], { lastEventId })).next()));
    assert.deepEqual([error.code, error.data.reason, error.data.last], ["EVENT_GAP", reason, lastEventId]);
  }
  const { error } = await safe(http().listen([channel, false], { lastEventId: "nonsense" }));
  assert.equal(error.code, "BAD_REQUEST");
});

test("a reader that stops reading is sent no more than a window, and goes on from the log", async () => {
  for (const [text, expected] of [["x".repeat(10), WINDOW.events], ["x".repeat(50_000), Math.ceil(WINDOW.bytes / 50_000)]]) {
    const channel = named();
    const socket = new WebSocket(`${host.origin.replace(/^http/u, "ws")}/news-sockets/${channel}?latest`);
    const messages = [];
    socket.onmessage = ({ data }) => messages.push(JSON.parse(data));
    ends.push(() => socket.close());
    await until(() => messages.length, (count) => count === 1);
    const start = messages[0].at;
    const last = 3 * expected - 1;
    const others = await listen("sse", channel);
    const reading = take(others, last);
    for (let n = 0; n < last; n += 1) {
      if (n === expected + 2) await evict(channel);
      await tell(channel, text);
    }
    // One that reads has got all of them, so the rest is not on its way.
    assert.equal((await reading).length, last);
    const count = () => messages.length - 1;
    await until(count, (count) => count >= expected);
    assert.equal(count(), expected);
    // The events that it has read make room for as many bytes.
    const mark = ({ event: { id, total } }) => JSON.stringify({ s: Number(id.split(".")[1]), t: total });
    assert.ok(messages[1].event.total > start.total);
    await evict(channel);
    socket.send(mark(messages.at(-1)));
    await until(count, (count) => count >= 2 * expected);
    socket.send(mark(messages.at(-1)));
    await until(count, (count) => count === last);
    const numbers = messages.slice(1).map(({ event: { id } }) => Number(id.split(".")[1]));
    assert.deepEqual(numbers, Array.from({ length: last }, (_, n) => n + 1));
  }
});

test("a client that does not read gets all events once it does", async () => {
  const channel = named();
  const reader = await listen("sse", channel);
  const count = 60;
  const text = "x".repeat(200_000);
  for (let n = 0; n < count; n += 1) await tell(channel, `${n} ${text}`);
  const numbers = (await take(reader, count)).map(({ text }) => Number(text.split(" ")[0]));
  assert.deepEqual(numbers, Array.from({ length: count }, (_, n) => n));
});

// It takes more than the 10 seconds after which workerd evicts an object. Each life of one has an epoch of its own.
test("an object whose readers wait is evicted, and they get the next event", async (t) => {
  const channel = named();
  const both = [await listen("sse", channel), await listen("websocket", channel)];
  const epoch = async () => (await tell(channel, "next")).split(".")[0];
  const before = await epoch();
  let count = 1;
  let seconds = 11;
  for (; seconds < 60; seconds += 5) {
    await new Promise((ok) => setTimeout(ok, seconds * 1000));
    count += 1;
    if ((await epoch()) !== before) break;
  }
  t.diagnostic(`evicted within ${seconds} s`);
  assert.ok(seconds < 60, "it is not evicted");
  for (const reader of both) await take(reader, count);
});
