// Many calls and streams on one WebSocket: how many run at a time, streams as input, and what ends them.
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ORPCError, getEventMeta, isDefinedError } from "@orpc/client";
import { CALLS, STREAMS } from "./cases/mix.mjs";
import { assertORPCError, errorOf } from "./support/errors.mjs";
import { TIME_LIMIT, eventually, soon } from "./support/eventually.mjs";
import { abort, answer, openPeer, request, streamEvent, streamHead } from "./support/peer.mjs";
import { drain, drainToError, numbered, take } from "./support/streams.mjs";
import { closeSocket, wsLink } from "./support/ws-link.mjs";
import { useWorld } from "./support/world.mjs";

const world = useWorld(wsLink);

const RUNNING = 64;
const STREAMS_AT_ONCE = 128;
const UNTIL_GIVEN_UP = { ms: 60_000 };
const RARE = { everyMs: 10_000 };
const OFTEN = { everyMs: 1 };

let watcher;
/** A client with a socket of its own, to ask what is alive while another socket is busy. */
const watch = () => (watcher ??= world.client());
const liveTicks = () => watch().stream.live();
const liveWaits = () => watch().slow.live();

/** For the surrounding `describe`, whose tests count what is alive: what one of them leaves is not that of the next. */
function countingAlone() {
  afterEach(async () => {
    watcher = undefined;
    await world.disconnect();
  });
}

async function assertNothingLives() {
  await eventually("no stream", liveTicks, 0);
  await eventually("no call", liveWaits, 0);
}

/** A call of slow.wait that lasts until it is given up. */
function startWait(client) {
  const stop = new AbortController();
  return { stop: () => stop.abort(), error: errorOf(client.slow.wait(UNTIL_GIVEN_UP, { signal: stop.signal })) };
}
const startWaits = (client, count) => Array.from({ length: count }, () => startWait(client));

const startTicks = (client, count, input = RARE) =>
  Promise.all(Array.from({ length: count }, () => client.stream.ticks(input)));

const assertAborted = async (calls) => {
  for (const { error } of calls) assert.equal((await soon("the failure", error)).name, "AbortError");
};

describe("many calls on one socket", TIME_LIMIT, () => {
  countingAlone();

  it("1000 calls of every kind at once are all answered, each with its own answer", async () => {
    const client = world.client();
    await Promise.all(Array.from({ length: 1000 }, (_, index) => CALLS[index % CALLS.length](client, index % 200)));
  });

  it("300 streams, 100 at once, give each its own values", async () => {
    const client = world.client();
    let next = 0;
    const reader = async () => {
      for (let index; (index = next++) < 300;) await STREAMS[index % STREAMS.length](client, index % 200);
    };
    await Promise.all(Array.from({ length: 100 }, reader));
  });

  it("a quick call overtakes slow ones", async () => {
    const client = world.client();
    const order = [];
    const calls = [400, 0, 200].map(async (ms) => order.push([ms, await client.slow.wait({ ms })]));
    calls.push(client.ping().then((pong) => order.unshift([pong])));
    await Promise.all(calls);
    assert.deepEqual(order, [["pong"], [0, "done"], [200, "done"], [400, "done"]]);
  });

  it(`of 200 slow calls ${RUNNING} run at a time, and all succeed`, async () => {
    await assertNothingLives();
    const client = world.client();
    let most = 0;
    let running = true;
    const watching = (async () => {
      while (running) most = Math.max(most, await liveWaits());
    })();
    const answers = await Promise.all(Array.from({ length: 200 }, () => client.slow.wait({ ms: 150 })));
    running = false;
    await watching;
    assert.deepEqual(answers, Array(200).fill("done"));
    assert.equal(most, RUNNING);
  });

  it(`a call waits while ${RUNNING} others run, and is answered when one is given up`, async () => {
    const client = world.client();
    const calls = startWaits(client, RUNNING);
    await eventually(`${RUNNING} calls`, liveWaits, RUNNING);

    let answered = false;
    const ping = client.ping().finally(() => (answered = true));
    for (let turn = 0; turn < 50; turn++) assert.equal(await liveWaits(), RUNNING);
    assert.equal(answered, false);

    calls[7].stop();
    assert.equal(await soon("the answer", ping), "pong");
    await eventually("one call less", liveWaits, RUNNING - 1);
    for (const { stop } of calls) stop();
    await assertAborted(calls);
    await assertNothingLives();
  });

  it("a call that is given up while it waits never runs, and makes room in the line", async () => {
    const client = world.client();
    const calls = startWaits(client, RUNNING);
    await eventually(`${RUNNING} calls`, liveWaits, RUNNING);

    const waiting = startWaits(client, 10);
    const ping = client.ping();
    for (const { stop } of waiting) stop();
    await assertAborted(waiting);
    calls[0].stop();
    assert.equal(await soon("the answer", ping), "pong");
    for (let turn = 0; turn < 50; turn++) assert.ok((await liveWaits()) <= RUNNING);
    await eventually("the calls that are left", liveWaits, RUNNING - 1);
    for (const { stop } of calls) stop();
    await assertAborted(calls);
    await assertNothingLives();
  });

  it("the limit is that of one socket: another one is not held up", async () => {
    const [busy, other] = [world.client(), world.client()];
    const calls = startWaits(busy, 2 * RUNNING);
    await eventually(`${RUNNING} calls`, liveWaits, RUNNING);
    assert.equal(await soon("the answer", other.ping()), "pong");
    const more = startWaits(other, RUNNING);
    await eventually("the calls of both", liveWaits, 2 * RUNNING);
    for (const { stop } of [...calls, ...more]) stop();
    await assertAborted([...calls, ...more]);
    await assertNothingLives();
  });

  it("slow calls hold up no stream that runs already, and no end of one", async () => {
    const client = world.client();
    const [first, second] = await startTicks(client, 2, OFTEN);
    const calls = startWaits(client, RUNNING);
    await eventually(`${RUNNING} calls`, liveWaits, RUNNING);
    assert.deepEqual(await soon("the values", take(first, 100), 10_000), numbered(100));
    await first.return();
    await eventually("one stream", liveTicks, 1);
    await second.return();
    await eventually("no stream", liveTicks, 0);
    for (const { stop } of calls) stop();
    await assertAborted(calls);
  });
});

describe("many streams on one socket", TIME_LIMIT, () => {
  countingAlone();

  it("calls are answered while streams run, and no stream loses a value", async () => {
    const client = world.client();
    const streams = await startTicks(client, 100, OFTEN);
    const reading = streams.map((iterator) => take(iterator, 100));
    await Promise.all(Array.from({ length: 200 }, (_, index) => CALLS[index % CALLS.length](client, index)));
    for (const values of reading) assert.deepEqual(await values, numbered(100));
    for (const iterator of streams) await iterator.return();
    await assertNothingLives();
  });

  it(`there may be ${STREAMS_AT_ONCE}, and calls are answered as well`, async () => {
    const client = world.client();
    const streams = await startTicks(client, STREAMS_AT_ONCE);
    await eventually("all streams", liveTicks, STREAMS_AT_ONCE);
    for (const iterator of streams) assert.deepEqual(await soon("a value", take(iterator, 1)), [{ n: 0 }]);
    assert.equal(await soon("the answer", client.ping()), "pong");
    await Promise.all(streams.map((iterator) => iterator.return()));
    await assertNothingLives();
  });

  /** Waits until one more stream is accepted, and gives it. */
  async function accepted(client) {
    let iterator;
    await eventually(
      "one more stream",
      async () => (iterator = await client.stream.ticks(RARE).catch(() => undefined)) !== undefined,
      true,
    );
    return iterator;
  }

  it("one more is refused with TOO_MANY_REQUESTS, and accepted when another has ended", async () => {
    const client = world.client();
    const streams = await startTicks(client, STREAMS_AT_ONCE);
    for (const call of [() => client.stream.ticks(RARE), () => client.subscribe(), () => client.count({ to: 1 })]) {
      const error = await errorOf(call());
      const { message, data } = error;
      assertORPCError(error, { code: "TOO_MANY_REQUESTS", status: 429, message, data });
    }
    await eventually("all streams", liveTicks, STREAMS_AT_ONCE);
    assert.equal(await soon("the answer", client.ping()), "pong");
    const elsewhere = await world.client().stream.ticks(RARE);
    await elsewhere.return();

    await streams.pop().return();
    streams.push(await accepted(client));
    const stop = new AbortController();
    await streams.pop().return();
    streams.push(await accepted(client));
    assert.equal((await errorOf(client.stream.ticks(RARE, { signal: stop.signal }))).code, "TOO_MANY_REQUESTS");
    await eventually("all streams", liveTicks, STREAMS_AT_ONCE);
    await Promise.all(streams.map((iterator) => iterator.return()));
    await assertNothingLives();
  });

  for (const [how, once] of [
    ["ended by themselves", async (client) => void (await drain(await client.count({ to: 1 })))],
    ["failed", async (client) => void (await drainToError(await client.stream.fail({ after: 1 })))],
    ["been refused for their input", async (client) => void (await errorOf(client.count({ to: -1 })))],
    ["been given up", async (client) => void (await (await client.stream.ticks(RARE)).return())],
  ]) {
    it(`streams that have ${how} no longer count`, async () => {
      const client = world.client();
      for (let turn = 0; turn < 2 * STREAMS_AT_ONCE; turn++) await once(client);
      await eventually("no stream", liveTicks, 0);
      const streams = await startTicks(client, STREAMS_AT_ONCE - 1);
      streams.push(await accepted(client));
      await Promise.all(streams.map((iterator) => iterator.return()));
      await assertNothingLives();
    });
  }

  it("calls do not count as streams", async () => {
    const client = world.client();
    const calls = startWaits(client, RUNNING - 1);
    const streams = await startTicks(client, STREAMS_AT_ONCE);
    await eventually("all streams", liveTicks, STREAMS_AT_ONCE);
    await eventually("all calls", liveWaits, RUNNING - 1);
    assert.equal(await soon("the answer", client.ping()), "pong");
    for (const { stop } of calls) stop();
    await assertAborted(calls);
    await Promise.all(streams.map((iterator) => iterator.return()));
    await assertNothingLives();
  });

  it("declared errors, returned values and ids are those of each stream", async () => {
    const client = world.client();
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        if (index % 3 === 0) return drain(await client.count({ to: index }));
        if (index % 3 === 1) return drainToError(await client.stream.fail({ after: index }));
        const iterator = await client.stream.ticks(OFTEN, { lastEventId: `${index * 100}` });
        const ticks = await take(iterator, 5);
        await iterator.return();
        return ticks;
      }),
    );
    outcomes.forEach((outcome, index) => {
      if (index % 3 === 0) return assert.deepEqual(outcome, { values: numbered(index), returned: undefined });
      if (index % 3 === 1) {
        assert.deepEqual(outcome.values, numbered(index));
        assert.ok(isDefinedError(outcome.error));
        const declared = { defined: true, code: "RATE_LIMITED", status: 429, message: "Slow down" };
        return assertORPCError(outcome.error, { ...declared, data: { retryAfter: 7 } });
      }
      assert.deepEqual(outcome, numbered(5, index * 100 + 1));
      assert.deepEqual(
        outcome.map((tick) => getEventMeta(tick)?.id),
        outcome.map(({ n }) => `${n}`),
      );
    });
    await assertNothingLives();
  });

  it("a stream is resumed on another socket when its own is lost, without a gap or a repetition", async () => {
    const seen = [];
    let lastEventId;
    for (let turn = 0; turn < 4; turn++) {
      const { client, line } = await world.clientOverLine();
      const iterator = await client.stream.ticks(OFTEN, { lastEventId });
      seen.push(...(await take(iterator, 20)));
      lastEventId = getEventMeta(seen.at(-1)).id;
      assert.ok(line.cut() > 0);
      assert.ok((await soon("the failure", errorOf(take(iterator, Infinity)))) instanceof Error);
    }
    assert.deepEqual(seen, numbered(80));
    await assertNothingLives();
  });
});

describe("a stream as input", { ...TIME_LIMIT, concurrency: 8 }, () => {
  const comes = (what, promise) => soon(what, promise, 10_000);

  async function* of(...values) {
    yield* values;
  }

  async function* failing(error, ...values) {
    yield* values;
    throw error;
  }

  /** Yields these values and then a number again and again, until it is stopped. */
  function endless(...values) {
    let noteStop;
    const stopped = new Promise((resolve) => (noteStop = resolve));
    async function* generate() {
      try {
        yield* values;
        for (;;) {
          await pause(2);
          yield 1;
        }
      } finally {
        noteStop();
      }
    }
    return { iterator: generate(), stopped };
  }

  const upTo = Array.from({ length: 1000 }, (_, index) => index + 1);
  for (const [title, values, sum] of [
    ["no numbers", [], 0],
    ["one number", [42], 42],
    ["three numbers", [1, 2, 3], 6],
    ["numbers below zero", [-1, -2.5, 0], -3.5],
    ["fractions", [0.1, 0.2], 0.30000000000000004],
    ["large numbers", [2 ** 53, 2 ** 53], 2 ** 54],
    ["1000 numbers", upTo, 500_500],
  ]) {
    it(`stream.sum adds up ${title}`, async () => {
      assert.equal(await world.client().stream.sum(of(...values)), sum);
    });
  }

  it("is read as it comes, while other calls are answered", async () => {
    const client = world.client();
    async function* answered() {
      for (let index = 1; index <= 20; index++) {
        assert.equal(await client.ping(), "pong");
        yield index;
      }
    }
    assert.equal(await client.stream.sum(answered()), 210);
  });

  it("is that of its call alone: many run side by side on one socket", async () => {
    const client = world.client();
    const sums = await Promise.all(
      Array.from({ length: 50 }, (_, index) => client.stream.sum(of(...upTo.slice(0, index)))),
    );
    assert.deepEqual(
      sums,
      sums.map((_, index) => (index * (index + 1)) / 2),
    );
  });

  for (const [title, error] of [
    ["an error", new Error("secret of the client")],
    ["an error with a code", new ORPCError("CONFLICT", { message: "Own", data: { n: 1 } })],
  ]) {
    for (const values of [[], [1, 2]]) {
      it(`that throws ${title} after ${values.length} values fails the call`, async () => {
        const client = world.client();
        const failure = await comes("the failure", errorOf(client.stream.sum(failing(error, ...values))));
        assert.ok(failure instanceof ORPCError, `${failure}`);
        assert.doesNotMatch(JSON.stringify(failure), /secret/);
        assert.equal(await client.stream.sum(of(1, 2)), 3);
      });
    }
  }

  for (const value of ["text", "1", null, true, [1], { n: 1 }, 1n, new Date(0), undefined]) {
    const title = typeof value === "bigint" ? "1n" : JSON.stringify(value);
    it(`with ${title} among its numbers fails the call, and is stopped`, async () => {
      const client = world.client();
      for (const values of [[value], [1, 2, value, 3]]) {
        const { iterator, stopped } = endless(...values);
        const error = await comes("the failure", errorOf(client.stream.sum(iterator)));
        assert.ok(error instanceof ORPCError, `${error}`);
        assert.ok(error.status >= 400, `${error.status}`);
        await comes("the end of the input", stopped);
      }
      assert.equal(await client.ping(), "pong");
    });
  }

  for (const [title, input] of [
    ["nothing", undefined],
    ["a number", 5],
    ["an array of numbers", [1, 2]],
  ]) {
    it(`cannot be ${title}`, async () => {
      const error = await comes("the failure", errorOf(world.client().stream.sum(input)));
      const { message, data } = error;
      assertORPCError(error, { code: "BAD_REQUEST", status: 400, message, data });
    });
  }

  it("is no input of a procedure that takes a value, and is stopped", async () => {
    const { iterator, stopped } = endless();
    const error = await comes("the failure", errorOf(world.client().echo(iterator)));
    const { message, data } = error;
    assertORPCError(error, { code: "BAD_REQUEST", status: 400, message, data });
    await comes("the end of the input", stopped);
  });

  it("may still be open when the answer comes, and is stopped by it", async () => {
    const client = world.client();
    const { iterator, stopped } = endless();
    assert.equal(await comes("the answer", client.ping(iterator)), "pong");
    await comes("the end of the input", stopped);
    assert.equal(await client.ping(), "pong");
  });

  it("is stopped when its call is given up", async () => {
    const client = world.client();
    const stop = new AbortController();
    const { iterator, stopped } = endless(1, 2, 3);
    const error = errorOf(client.stream.sum(iterator, { signal: stop.signal }));
    for (let turn = 0; turn < 10; turn++) assert.equal(await client.ping(), "pong");
    stop.abort();
    assert.equal((await comes("the failure", error)).name, "AbortError");
    await comes("the end of the input", stopped);
    assert.equal(await client.stream.sum(of(4)), 4);
  });

  it("is never read when its call is given up before", async () => {
    const { iterator } = endless();
    const error = await errorOf(world.client().stream.sum(iterator, { signal: AbortSignal.abort() }));
    assert.equal(error.name, "AbortError");
    await iterator.return();
  });
});

describe("the end of a socket ends all of it within a second", TIME_LIMIT, () => {
  countingAlone();

  const ENDS = [
    ["the client closes it", ({ socket }) => socket.close()],
    ["the client closes it with a code of its own", ({ socket }) => socket.close(4000, "enough")],
    ["the client drops its connection", ({ socket }) => socket.terminate()],
    ["its connection is reset", ({ line }) => assert.ok(line.cut() > 0)],
  ];

  for (const [how, end] of ENDS) {
    it(`when ${how} while streams and calls run`, async () => {
      const connection = await world.clientOverLine();
      const { client } = connection;
      const streams = [...(await startTicks(client, 10, OFTEN)), ...(await startTicks(client, 10))];
      const calls = startWaits(client, 10);
      await eventually("all streams", liveTicks, 20);
      await eventually("all calls", liveWaits, 10);

      const readers = streams.map((iterator) => errorOf(take(iterator, Infinity)));
      await end(connection);
      await assertNothingLives();
      for (const error of [...readers, ...calls.map((call) => call.error)]) {
        assert.ok((await soon("the failure", error)) instanceof Error);
      }
    });

    it(`when ${how} while calls wait for their turn, and those never run`, async () => {
      const connection = await world.clientOverLine();
      const calls = startWaits(connection.client, 3 * RUNNING);
      await eventually(`${RUNNING} calls`, liveWaits, RUNNING);
      await end(connection);
      await eventually("no call", liveWaits, 0);
      for (let turn = 0; turn < 50; turn++) assert.equal(await liveWaits(), 0);
      for (const { error } of calls) assert.ok((await soon("the failure", error)) instanceof Error);
    });

    it(`when ${how}, and no other socket takes notice`, async () => {
      const connection = await world.clientOverLine();
      const [kept] = await startTicks(world.client(), 1, OFTEN);
      await startTicks(connection.client, 1, OFTEN);
      await eventually("two streams", liveTicks, 2);
      await end(connection);
      await eventually("one stream", liveTicks, 1);
      assert.deepEqual(await take(kept, 50), numbered(50));
      await kept.return();
      await assertNothingLives();
    });
  }

  for (const [how, end] of [
    ["its iterator returns", ({ iterator }) => iterator.return()],
    ["its signal is aborted", ({ stop }) => stop.abort()],
  ]) {
    it(`but a stream alone ends when ${how}, at once and with its socket left open`, async () => {
      const { client, socket } = world.connection();
      for (const input of [OFTEN, RARE]) {
        const stop = new AbortController();
        const iterator = await client.stream.ticks(input, { signal: stop.signal });
        await take(iterator, 1);
        await eventually("one stream", liveTicks, 1);
        await end({ iterator, stop });
        await eventually("no stream", liveTicks, 0);
        assert.equal(await client.ping(), "pong");
      }
      assert.equal(socket.readyState, socket.OPEN);
    });
  }

  it("and nothing of a stream comes after its abort was taken", async () => {
    const peer = await openPeer(world.origin);
    peer.send(request("1", "/stream/ticks", OFTEN));
    assert.equal(await peer.next(), streamHead("1"));
    await peer.take(10);
    peer.send(abort("1"));
    await eventually("no stream", liveTicks, 0);
    peer.send(request("2", "/ping"));
    await peer.before(answer("2", "pong"));
    peer.send(request("3", "/slow/wait", { ms: 100 }));
    assert.deepEqual(await peer.before(answer("3", "done")), []);
    await closeSocket(peer.socket);
  });

  it("a socket that opens and closes without a call leaves nothing, 200 times", async () => {
    for (let turn = 0; turn < 200; turn++) await closeSocket((await openPeer(world.origin)).socket);
    await assertNothingLives();
  });
});

describe("a socket that does not read", TIME_LIMIT, () => {
  countingAlone();

  const TO = 300_000;

  /** Opens a socket that asks for much and reads none of it. */
  async function openStalled(input = { to: TO }) {
    const peer = await openPeer(world.origin);
    peer.send(request("1", "/count", input));
    assert.equal(await peer.next(), streamHead("1"));
    peer.socket.pause();
    return peer;
  }

  it("holds up no other socket, neither calls nor streams", async () => {
    const stalled = await Promise.all([openStalled(), openStalled(), openStalled()]);
    const client = world.client();
    for (let turn = 0; turn < 100; turn++) assert.equal(await soon("the answer", client.ping()), "pong");
    const values = await soon("the values", drain(await client.count({ to: 1000 })), 10_000);
    assert.deepEqual(values, { values: numbered(1000), returned: undefined });
    for (const { socket } of stalled) socket.terminate();
  });

  it("loses nothing in silence: it gets every value, or an error, or is closed", async (test) => {
    const peer = await openStalled();
    const client = world.client();
    for (let turn = 0; turn < 100; turn++) assert.equal(await client.ping(), "pong");

    peer.socket.resume();
    let next = 0;
    let last;
    while ((last = await peer.nextOrEnd()) === streamEvent("1", "message", { n: next })) next++;
    const code = last === undefined ? await peer.closeCode() : undefined;
    test.diagnostic(`${next} of ${TO} values, then ${last ?? code}`);
    if (last === streamEvent("1", "done")) assert.equal(next, TO);
    else if (last !== undefined) assert.match(last, /^\{"i":"1","t":3,"p":\{"e":"error",/);
    else assert.ok([1008, 1013].includes(code), `closed with ${code}`);
    await closeSocket(peer.socket);
  });

  it("leaves nothing alive when it is dropped", async () => {
    const peer = await openStalled();
    for (const id of ["a", "b"]) peer.send(request(id, "/stream/ticks", OFTEN));
    peer.send(request("c", "/slow/wait", UNTIL_GIVEN_UP));
    await eventually("two streams", liveTicks, 2);
    await eventually("one call", liveWaits, 1);
    peer.socket.terminate();
    await assertNothingLives();
  });
});
