// A process that is killed between two writes of a room loses none that it has acknowledged.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Process, within } from "./hosts.mjs";

test("writes that were acknowledged survive kill -9", async () => {
  let host = await Process.start();
  const acknowledged = [];
  const rounds = Number(process.env.KILLS_OF_ROOMS ?? 8);
  for (let round = 0; round < rounds; round += 1) {
    const { client } = await host.open("crash", "user=ada");
    // Several at once, so that the kill meets one at every step.
    const writing = [0, 1, 2].map(async (writer) => {
      for (let n = 0; ; n += 1) {
        const text = `${round} ${writer} ${n}`;
        const key = await client.append(text).catch(() => undefined);
        if (!key) return;
        acknowledged.push([key, text]);
      }
    });
    const enough = acknowledged.length + 3 + round * 2;
    while (acknowledged.length < enough) await new Promise(setImmediate);
    host = await host.restart();
    await within(Promise.all(writing));
  }
  const { client } = await host.open("crash", "user=ada");
  const log = await within(client.log());
  // Each once, in the order of the keys, which no two share.
  assert.equal(new Set(acknowledged.map(([key]) => key)).size, acknowledged.length);
  const order = acknowledged.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  const found = log.filter((text) => order.includes(text));
  assert.deepEqual(found, order);
  await host.stop();
});
