import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { getEventMeta, isDefinedError } from "@orpc/client";
import { countAlive } from "../support/alive.mjs";
import { assertORPCError, errorOf } from "../support/errors.mjs";
import { eventually, soon } from "../support/eventually.mjs";
import { OFTEN, RARE, RUNNING, STREAMS_AT_ONCE, assertAborted, startTicks, startWaits } from "../support/given-up.mjs";
import { drain, drainToError, numbered, take } from "../support/streams.mjs";
import { CALLS } from "./mix.mjs";

/** Limit of the streams of one socket; each stream gets its own values, with other calls running. */
export function manyStreams(world) {
  describe("many streams on one socket", () => {
    const { liveTicks, liveWaits, assertNothingLives } = countAlive(world);

    it("calls are answered while streams run, and no stream loses a value", async () => {
      const client = world.client();
      // No more than a browser under test can take: what piles up before it delays the answers too.
      const streams = await startTicks(client, 100, { everyMs: 20 });
      const reading = streams.map((iterator) => take(iterator, 50));
      await Promise.all(Array.from({ length: 200 }, (_, index) => CALLS[index % CALLS.length](client, index)));
      for (const values of reading) assert.deepEqual(await values, numbered(50));
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

    it("one more is refused while all others continue, and none of them loses a value", async () => {
      const client = world.client();
      const streams = await startTicks(client, STREAMS_AT_ONCE, { everyMs: 20 });
      const next = (count) => Promise.all(streams.map((iterator) => take(iterator, count)));
      assert.deepEqual(await next(2), Array(STREAMS_AT_ONCE).fill(numbered(2)));
      const refused = errorOf(client.stream.ticks(OFTEN));
      assert.deepEqual(await next(5), Array(STREAMS_AT_ONCE).fill(numbered(5, 2)));
      assert.equal((await soon("the refusal", refused)).code, "TOO_MANY_REQUESTS");
      assert.deepEqual(await next(5), Array(STREAMS_AT_ONCE).fill(numbered(5, 7)));
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
        assert.ok((await line.cut()) > 0);
        assert.ok((await soon("the failure", errorOf(take(iterator, Infinity)))) instanceof Error);
      }
      assert.deepEqual(seen, numbered(80));
      await assertNothingLives();
    });
  });
}
