import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countAlive } from "../support/alive.mjs";
import { errorOf } from "../support/errors.mjs";
import { eventually, soon } from "../support/eventually.mjs";
import { OFTEN, RARE, RUNNING, startTicks, startWaits } from "../support/given-up.mjs";
import { numbered, take } from "../support/streams.mjs";

/** The ways in which a socket may end. Each takes all that runs on it along. */
export function socketEnds(world) {
  describe("the end of a socket ends all of it at once", () => {
    const { liveTicks, liveWaits, assertNothingLives } = countAlive(world);

    const ENDS = [
      ["the client closes it", ({ socket }) => socket.close()],
      ["the client closes it with a code of its own", ({ socket }) => socket.close(4000, "enough")],
      ["the client drops its connection", ({ socket }) => socket.terminate()],
      ["its connection is reset", async ({ line }) => assert.ok((await line.cut()) > 0)],
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
  });
}
