// Two servers on one Redis or NATS: an iterator continues at the other one when its server is killed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { WebSocket } from "ws";
import { startNats } from "../../../tests/client/support/nats.mjs";
import { startRedis } from "../../../tests/client/support/redis.mjs";
import { launchServer } from "../../../tests/client/support/server.mjs";
import { DurableIteratorLinkPlugin, durableIteratorId, durableIteratorToken } from "../dist/index.js";
import { QUICK } from "./support/rooms.js";

const ROUNDS = 3;

describe.each([
  ["Redis", startRedis],
  ["NATS", startNats],
])("two servers on one %s", (_, start) => {
  let folder;
  let kept;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "orpc-iterator-nodes-"));
    kept = await start(folder);
  });

  afterAll(async () => {
    await kept?.stop();
    await rm(folder, { recursive: true });
  });

  test("an iterator continues at the other one, each event once and in order", async () => {
    // Tokens of a few seconds are renewed, at whichever server.
    const launch = () => launchServer({ EVENTS: kept.url, ROOM_TTL: "6" });
    const servers = [launch(), launch()];
    const origins = await Promise.all(servers.map(({ origin }) => origin));
    const clientOf = (at) => {
      const durable = new DurableIteratorLinkPlugin({
        url: () => `${origins[at()].replace("http", "ws")}/durable`,
        backoff: QUICK,
        refreshTokenBeforeExpireInSeconds: 3,
        WebSocket,
      });
      return createORPCClient(new RPCLink({ url: () => `${origins[at()]}/rpc`, plugins: [durable] }));
    };
    let current = 0;
    const reader = await clientOf(() => current).room.open({ room: "nodes", name: "Ada" });
    const id = durableIteratorId(reader);
    const token = durableIteratorToken(reader);
    const seen = [];
    const reading = (async () => {
      for await (const { text } of reader) {
        seen.push(text);
        if (text === "end") return;
      }
    })();
    const expected = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const other = 1 - current;
      const writer = await clientOf(() => other).room.open({ room: "nodes", name: "Bob" });
      let killed;
      for (let n = 0; n < 60; n += 1) {
        if (n === 20) killed = servers[current].kill();
        if (n === 40) {
          await killed;
          current = other;
        }
        const text = `${round}/${n}`;
        await writer.say({ text });
        expected.push(text);
      }
      await expect.poll(() => seen.at(-1), { timeout: 30_000 }).toBe(expected.at(-1));
      expect(await reader.tools.ping()).toBe("pong");
      await writer.return();
      servers[1 - current] = launch();
      origins[1 - current] = await servers[1 - current].origin;
    }
    // That of the server that is gone is replaced by now, or soon.
    await expect.poll(() => durableIteratorToken(reader) !== token, { timeout: 30_000 }).toBe(true);
    await reader.say({ text: "end" });
    await reading;
    expect(seen).toEqual([...expected, "end"]);
    expect(durableIteratorId(reader)).toBe(id);
    await Promise.all(servers.map((server) => server.kill()));
  });
});
