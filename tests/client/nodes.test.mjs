// Two servers that share a publisher on Redis or NATS: a client of one continues at the other, exactly where it was. The
// servers are killed in turn; NODES_ROUNDS is the number of kills. A server that runs elsewhere is not used.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ORPCError, createORPCClient, getEventMeta } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { ClientRetryPlugin } from "@orpc/client/plugins";
import { RPCLink as WebSocketLink } from "@orpc/client/websocket";
import ReconnectingWebSocket from "partysocket/ws";
import { WebSocket } from "ws";
import { partsOf } from "./support/acknowledged.mjs";
import { eventually, pause, soon } from "./support/eventually.mjs";
import { purge, startNats } from "./support/nats.mjs";
import { startRedis } from "./support/redis.mjs";
import { launchServer, serverIsForeign } from "./support/server.mjs";

const ROUNDS = Number(process.env.NODES_ROUNDS ?? 6);
const CHANNEL = "nodes";

const viaHttp = (nodes, plugins) => ({
  link: new RPCLink({ url: () => `${nodes.current}/rpc`, plugins }),
  close: () => {},
});

function viaWebSocket(nodes, plugins) {
  const url = () => `${nodes.current.replace(/^http/, "ws")}/ws`;
  const delays = { minReconnectionDelay: 5, maxReconnectionDelay: 20 };
  const websocket = new ReconnectingWebSocket(url, [], { WebSocket, ...delays });
  return { link: new WebSocketLink({ websocket, plugins }), close: () => websocket.close() };
}

/** Makers of links, and the router of the procedure `subscribe`. */
const TRANSPORTS = {
  "server-sent events": [viaHttp, "publisher"],
  WebSocket: [viaWebSocket, "publisher"],
  "an iterator that hibernates": [viaWebSocket, "following"],
};

/** Retries at once, and notes the errors that the server has sent. */
const retrying = (errors = []) =>
  new ClientRetryPlugin({
    default: {
      retry: Number.POSITIVE_INFINITY,
      retryDelay: 5,
      onRetry: ({ error }) => void (error instanceof ORPCError && errors.push(error)),
    },
  });

/** Executes a command without arguments. */
function execute(url, command) {
  return new Promise((resolve, reject) => {
    const socket = connect(new URL(url).port, "127.0.0.1", () => socket.write(`${command}\r\n`));
    socket.once("data", (data) => resolve(String(data)) || socket.destroy()).once("error", reject);
  });
}

async function flush(url) {
  assert.match(await execute(url, "FLUSHALL"), /^\+OK/);
}

/** Servers that keep the events, and how they lose all of them. */
const KEEPERS = { Redis: [startRedis, flush], NATS: [startNats, purge] };

for (const [keeper, [start, lose]] of Object.entries(KEEPERS)) {
  describe(`two servers on one ${keeper}`, { skip: serverIsForeign, timeout: 120_000 }, () => {
    let folder;
    let kept;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "orpc-nodes-"));
      kept = await start(folder);
    });

    after(async () => {
      await kept?.stop();
      await rm(folder, { recursive: true });
    });

    it("tells the clients of both servers of events that were lost", async () => {
      const channel = "lost";
      const servers = [1, 2].map(() => launchServer({ EVENTS: kept.url }));
      const origins = await Promise.all(servers.map(({ origin }) => origin));
      const publisher = createORPCClient(new RPCLink({ url: `${origins[0]}/rpc` })).publisher;
      const add = (n) => publisher.publish({ channel, payload: { n } });
      const readers = origins.map((current) => {
        const reader = { seen: [], errors: [] };
        const { link } = viaHttp({ current }, [retrying(reader.errors)]);
        reader.reading = (async () => {
          for await (const { n } of await createORPCClient(link).publisher.subscribe({ channel })) {
            reader.seen.push(n);
            if (n === 2) return;
          }
        })();
        return reader;
      });
      while (readers.some(({ seen }) => seen.length === 0)) {
        await add(0);
        await pause(5);
      }
      const last = await add(1);
      for (const { seen } of readers) await eventually("the last event arrives", () => seen.at(-1), 1);
      await lose(kept.url);
      // Nothing is published: the loss itself is told.
      for (const { errors } of readers) await eventually("the gap is told", () => errors.length, 1, 30_000);
      for (const { errors } of readers) {
        const [{ code, status, data }] = errors;
        assert.deepEqual([code, status, data.reason, data.last], ["EVENT_GAP", 410, "epoch", last]);
      }
      await add(2);
      await Promise.all(readers.map(({ reading }) => reading));
      for (const { seen, errors } of readers) assert.deepEqual([seen.slice(-2), errors.length], [[1, 2], 1]);
      await Promise.all(servers.map((server) => server.kill()));
    });

    it("gives a client all that is published once it has its iterator", async () => {
      const servers = [1, 2].map(() => launchServer({ EVENTS: kept.url }));
      const [here, there] = await Promise.all(servers.map(({ origin }) => origin));
      const publishers = [here, there].map((origin) => createORPCClient(new RPCLink({ url: `${origin}/rpc` })).publisher);
      for (const [name, [makeLink, router]] of Object.entries(TRANSPORTS)) {
        const { link, close } = makeLink({ current: here }, []);
        const reader = createORPCClient(link);
        for (let n = 0; n < 20; n += 1) {
          const channel = `begun ${name} ${n}`;
          const iterator = await reader[router].subscribe({ channel });
          await publishers[n % 2].publish({ channel, payload: { n } });
          const { value } = await soon(`the event ${n} by ${name}`, iterator.next());
          assert.equal(value.n, n, name);
          await iterator.return();
        }
        close();
      }
      await Promise.all(servers.map((server) => server.kill()));
    });

    for (const [name, [makeLink, router]] of Object.entries(TRANSPORTS)) {
      it(`continues at the other server by ${name}`, async () => {
        const channel = `${CHANNEL} ${name}`;
        const launch = () => launchServer({ EVENTS: kept.url });
        const servers = [launch(), launch()];
        const origins = await Promise.all(servers.map(({ origin }) => origin));
        const nodes = { current: origins[0] };
        const { link, close } = makeLink(nodes, [retrying()]);
        const reader = createORPCClient(link);
        // Publishes to the server that is not read from.
        const publish = async (n) => {
          const other = origins[origins[0] === nodes.current ? 1 : 0];
          const client = createORPCClient(new RPCLink({ url: `${other}/rpc` }));
          return client.publisher.publish({ channel, payload: { n } });
        };
        const iterator = await reader[router].subscribe({ channel });
        const seen = [];
        const reading = (async () => {
          for await (const event of iterator) {
            seen.push({ n: event.n, id: getEventMeta(event).id });
            if (event.n === -1) return;
          }
        })();
        const acknowledged = [];
        const add = async (n) => acknowledged.push({ n, id: await publish(n) });
        // An iterator from now on begins when its server has answered.
        while (seen.length === 0) {
          await add(0);
          await pause(5);
        }
        for (let round = 0; round < ROUNDS; round += 1) {
          const current = origins.indexOf(nodes.current);
          for (let n = 0; n < 10; n += 1) await add(100 * round + n);
          await servers[current].kill();
          // The client still tries the server that is gone.
          for (let n = 10; n < 15; n += 1) await add(100 * round + n);
          nodes.current = origins[1 - current];
          servers[current] = launch();
          origins[current] = await servers[current].origin;
          for (let n = 15; n < 20; n += 1) await add(100 * round + n);
          const arrived = () => seen.at(-1)?.n === 100 * round + 19;
          await eventually(`round ${round} arrives`, arrived, true, 30_000);
        }
        await add(-1);
        await reading;
        close();
        const first = acknowledged.findIndex(({ id }) => id === seen[0].id);
        assert.deepEqual(seen, acknowledged.slice(first), "each event once and in order");
        const { sequence, epoch } = partsOf(seen[0].id);
        seen.forEach(({ id }, index) => assert.deepEqual(partsOf(id), { epoch, sequence: sequence + index }));
        await Promise.all(servers.map((server) => server.kill()));
      });
    }
  });
}
