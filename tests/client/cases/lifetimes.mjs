import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countAlive } from "../support/alive.mjs";
import { errorOf } from "../support/errors.mjs";
import { eventually, soon } from "../support/eventually.mjs";
import { numbered, take } from "../support/streams.mjs";

const TICKS = { everyMs: 1 };

/** Ways to abort a running stream. Each gets the stream, what aborts its signal and the line it runs over. */
const STREAM_ENDS = [
  { how: "its signal is aborted", end: ({ abort }) => abort() },
  { how: "the caller returns from it", end: ({ iterator }) => iterator.return() },
  { how: "its connection is lost", end: async ({ line }) => assert.ok((await line.cut()) > 0) },
];

/** Ways to abort a running call. */
const CALL_ENDS = STREAM_ENDS.filter(({ how }) => how !== "the caller returns from it");

export function lifetimes(world) {
  describe("lifetimes", () => {
    const { liveTicks, liveWaits, assertNothingLives } = countAlive(world);

    it("nothing is left when nothing runs", assertNothingLives);

    for (const everyMs of [1, 10_000]) {
      for (const { how, end } of STREAM_ENDS) {
        it(`a stream with a tick every ${everyMs} ms ends on the server at once when ${how}`, async () => {
          const { client, line } = await world.clientOverLine();
          const stop = new AbortController();
          const iterator = await client.stream.ticks({ everyMs }, { signal: stop.signal });
          if (everyMs === 1) await take(iterator, 5);
          await eventually("one stream", liveTicks, 1);
          await end({ iterator, line, abort: () => stop.abort() });
          await eventually("no stream", liveTicks, 0);
        });
      }
    }

    for (const { how, end } of CALL_ENDS) {
      it(`a call ends on the server at once, and fails for its caller, when ${how}`, async () => {
        const { client, line } = await world.clientOverLine();
        const stop = new AbortController();
        const call = errorOf(client.slow.wait({ ms: 60_000 }, { signal: stop.signal }));
        await eventually("one call", liveWaits, 1);
        await end({ line, abort: () => stop.abort() });
        await eventually("no call", liveWaits, 0);
        assert.ok((await soon("the failure", call)) instanceof Error);
      });
    }

    it("the reader of an aborted stream gets an AbortError", async () => {
      const client = world.client();
      const stop = new AbortController();
      const iterator = await client.stream.ticks({ everyMs: 10_000 }, { signal: stop.signal });
      await take(iterator, 1);
      const read = errorOf(take(iterator, 1));
      assert.equal(await client.ping(), "pong"); // by now the reader waits
      stop.abort();
      assert.equal((await soon("the failure", read)).name, "AbortError");
      await eventually("no stream", liveTicks, 0);
    });

    it("leaving a for-await loop ends the stream", async () => {
      const seen = [];
      for await (const tick of await world.client().stream.ticks(TICKS)) {
        seen.push(tick);
        if (seen.length === 3) break;
      }
      assert.deepEqual(seen, numbered(3));
      await eventually("no stream", liveTicks, 0);
    });

    it("a call whose signal is already aborted fails and leaves nothing behind", async () => {
      const signal = AbortSignal.abort();
      const client = world.client();
      for (const call of [client.stream.ticks(TICKS, { signal }), client.slow.wait({ ms: 60_000 }, { signal })]) {
        assert.equal((await errorOf(call)).name, "AbortError");
      }
      await assertNothingLives();
    });

    it("ending one stream leaves the others running", async () => {
      const client = world.client();
      const streams = await Promise.all(Array.from({ length: 10 }, () => client.stream.ticks(TICKS)));
      await eventually("ten streams", liveTicks, 10);
      for (const [index, iterator] of streams.entries()) {
        if (index % 2) await iterator.return();
      }
      await eventually("five streams", liveTicks, 5);
      for (const [index, iterator] of streams.entries()) {
        if (index % 2 === 0) assert.deepEqual(await take(iterator, 20), numbered(20));
      }
      await Promise.all(streams.map((iterator) => iterator.return()));
      await eventually("no stream", liveTicks, 0);
    });

    it("aborting one call leaves the others running", async () => {
      const client = world.client();
      const calls = Array.from({ length: 10 }, () => {
        const stop = new AbortController();
        return { stop, error: errorOf(client.slow.wait({ ms: 60_000 }, { signal: stop.signal })) };
      });
      await eventually("ten calls", liveWaits, 10);
      for (const { stop } of calls.slice(0, 4)) stop.abort();
      await eventually("six calls", liveWaits, 6);
      for (const { stop } of calls) stop.abort();
      await eventually("no call", liveWaits, 0);
      for (const { error } of calls) assert.equal((await error).name, "AbortError");
    });

    it("a call that has ended by itself no longer counts", async () => {
      await Promise.all(Array.from({ length: 10 }, () => world.client().slow.wait({ ms: 20 })));
      await eventually("no call", liveWaits, 0);
    });

    it("an unread stream ends when its connection is lost", async () => {
      const { client, line } = await world.clientOverLine();
      await client.stream.ticks(TICKS);
      await eventually("one stream", liveTicks, 1);
      assert.ok((await line.cut()) > 0);
      await eventually("no stream", liveTicks, 0);
    });
  });
}
