import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countAlive } from "../support/alive.mjs";
import { eventually, soon } from "../support/eventually.mjs";
import { OFTEN, RUNNING, assertAborted, startTicks, startWaits } from "../support/given-up.mjs";
import { drain, numbered, take } from "../support/streams.mjs";
import { CALLS, STREAMS } from "./mix.mjs";

/** Limit of concurrent calls of one socket; each call gets its own answer. */
export function manyCalls(world) {
  describe("many calls on one socket", () => {
    const { liveTicks, liveWaits, assertNothingLives } = countAlive(world);

    it("1000 calls of every kind at once are all answered, each with its own answer", async () => {
      const client = world.client();
      await Promise.all(Array.from({ length: 1000 }, (_, index) => CALLS[index % CALLS.length](client, index % 200)));
    });

    it("1000 calls that are all open at one moment are all answered, each with its own answer", async () => {
      const client = world.client();
      // Nothing else runs while these do, so no call is answered before the last one was sent.
      const running = startWaits(client, RUNNING);
      await eventually(`${RUNNING} calls`, liveWaits, RUNNING);
      let answered = 0;
      const calls = Array.from({ length: 1000 }, async (_, index) => {
        const input = { room: `room ${index}`, text: "x".repeat(1 + index), tags: [] };
        const answer = await client.echo(input).finally(() => answered++);
        assert.deepEqual(answer, input);
      });
      // Streams do not wait for calls. This one is sent after all of them, so that they have arrived when it ends.
      assert.deepEqual((await drain(await client.count({ to: 1 }))).values, numbered(1));
      assert.equal(answered, 0);
      for (const { stop } of running) stop();
      await Promise.all(calls);
      await assertAborted(running);
      await assertNothingLives();
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

    it(`a call waits while ${RUNNING} others run, and is answered when one is aborted`, async () => {
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

    it("a call that is aborted while it waits never runs, and makes room in the queue", async () => {
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
      assert.deepEqual(await soon("the values", take(first, 100)), numbered(100));
      await first.return();
      await eventually("one stream", liveTicks, 1);
      await second.return();
      await eventually("no stream", liveTicks, 0);
      for (const { stop } of calls) stop();
      await assertAborted(calls);
    });
  });
}
