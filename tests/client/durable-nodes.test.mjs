// Two servers with durable iterators on one Redis or NATS: the official client with its retries continues at the other
// one, exactly where it was, when its server is killed while events are published. A server that runs elsewhere is not
// used.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createORPCClient, getEventMeta } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { ClientRetryPlugin } from "@orpc/client/plugins";
import { RPCLink as WebSocketLink } from "@orpc/client/websocket";
import ReconnectingWebSocket from "partysocket/ws";
import { WebSocket } from "ws";
import { partsOf } from "./support/acknowledged.mjs";
import { eventually } from "./support/eventually.mjs";
import { startNats } from "./support/nats.mjs";
import { startRedis } from "./support/redis.mjs";
import { launchServer, serverIsForeign } from "./support/server.mjs";
import { upgrade } from "./support/upgrade.mjs";

const ROUNDS = 3;

const KEEPERS = { Redis: startRedis, NATS: startNats };

const path = (id, token) => `/durable?${new URLSearchParams([["id", id], ["token", token]])}`;

for (const [keeper, start] of Object.entries(KEEPERS)) {
  describe(`durable iterators of two servers on one ${keeper}`, { skip: serverIsForeign, timeout: 120_000 }, () => {
    let folder;
    let kept;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "orpc-durable-nodes-"));
      kept = await start(folder);
    });

    after(async () => {
      await kept?.stop();
      await rm(folder, { recursive: true });
    });

    it("continue at the other server while events are published", async () => {
      const launch = () => launchServer({ EVENTS: kept.url, ROOM_IDS: "clients" });
      const servers = [launch(), launch()];
      const origins = await Promise.all(servers.map(({ origin }) => origin));
      const tokenAt = (at, name) =>
        createORPCClient(new RPCLink({ url: `${origins[at]}/rpc` })).room.open({ room: "nodes", name });

      /** The procedures of a socket that connects again, to the server that `at` tells. */
      const seat = (at, id, token) => {
        const url = () => `${origins[at()].replace(/^http/u, "ws")}${path(id, token)}`;
        const delays = { minReconnectionDelay: 5, maxReconnectionDelay: 20 };
        const websocket = new ReconnectingWebSocket(url, [], { WebSocket, ...delays });
        const retries = new ClientRetryPlugin({ default: { retry: Number.POSITIVE_INFINITY, retryDelay: 5 } });
        const client = createORPCClient(new WebSocketLink({ websocket, plugins: [retries] }));
        return { client, close: () => websocket.close() };
      };

      let current = 0;
      const [id, token] = ["the reader", await tokenAt(0, "Ada")];
      const reader = seat(() => current, id, token);
      const events = await reader.client.subscribe();
      const seen = [];
      const reading = (async () => {
        for await (const event of events) {
          seen.push({ text: event.text, id: getEventMeta(event).id });
          if (event.text === "end") return;
        }
      })();

      const expected = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const other = 1 - current;
        const writer = seat(() => other, `writer ${round}`, await tokenAt(other, "Bob"));
        const say = async (text) => {
          await writer.client.call({ path: ["say"], input: { text } });
          expected.push(text);
        };
        let killed;
        for (let n = 0; n < 60; n += 1) {
          // In the middle of the flow; the client still tries the server that is gone.
          if (n === 20) {
            await eventually("an event arrives", () => seen.length > 0, true, 30_000);
            killed = servers[current].kill();
          }
          if (n === 40) {
            await killed;
            current = other;
          }
          await say(`${round}/${n}`);
        }
        await eventually(`round ${round} arrives`, () => seen.at(-1)?.text === expected.at(-1), true, 30_000);
        // The id is bound at the other server too, on which no socket had been opened with it.
        assert.equal((await upgrade(origins[current], { path: path("another", token) })).status, 401);
        assert.equal((await upgrade(origins[current], { path: path(id, await tokenAt(other, "Mallory")) })).status, 401);
        // The token of the server that is gone is renewed by that of the other.
        const renewed = await tokenAt(current, "Ada");
        assert.equal(await reader.client.updateToken({ token: renewed }), undefined);
        writer.close();
        servers[1 - current] = launch();
        origins[1 - current] = await servers[1 - current].origin;
      }
      const writer = seat(() => current, "the last writer", await tokenAt(current, "Bob"));
      await writer.client.call({ path: ["say"], input: { text: "end" } });
      await reading;
      assert.deepEqual(seen.map(({ text }) => text), [...expected, "end"], "each event once and in order");
      const { sequence, epoch } = partsOf(seen[0].id);
      seen.forEach(({ id }, index) => assert.deepEqual(partsOf(id), { epoch, sequence: sequence + index }));
      reader.close();
      writer.close();
      await Promise.all(servers.map((server) => server.kill()));
    });
  });
}
