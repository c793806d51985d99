// The same work by oRPC's publisher on Redis: `node main.mjs publishers URL`, `node main.mjs serve URL`.
import { createServer } from "node:http";
import { IORedisPublisher } from "@orpc/experimental-publisher/ioredis";
import { os } from "@orpc/server";
import { RPCHandler } from "@orpc/server/ws";
import { Redis } from "ioredis";
import { WebSocketServer } from "ws";
import { z } from "zod";

const SPAN_MS = 2000;
const ROUNDS = 2000;
const MISSED = 10_000;
const [command, url] = process.argv.slice(2);
const text = "x".repeat(100);

function open() {
  const [commander, listener] = [new Redis(url), new Redis(url)];
  const publisher = new IORedisPublisher({ commander, listener, resumeRetentionSeconds: 300 });
  return { publisher, close: () => [commander, listener].forEach((one) => one.disconnect()) };
}

async function appends({ publisher }, count) {
  const start = performance.now();
  let events = 0;
  const one = async (_, n) => {
    for (; performance.now() - start < SPAN_MS; events += 1) {
      await publisher.publish(`appends-${count}-${n % 16}`, { text });
    }
  };
  await Promise.all(Array.from({ length: count }, one));
  return (events * 1000) / (performance.now() - start);
}

async function latency(from, to) {
  let arrived;
  const stop = await to.publisher.subscribe("latency", () => arrived());
  const times = [];
  for (let n = 0; n < ROUNDS; n += 1) {
    const start = performance.now();
    const end = new Promise((resolve) => (arrived = () => resolve(performance.now() - start)));
    const [time] = await Promise.all([end, from.publisher.publish("latency", { text })]);
    times.push(Math.round(time * 1000));
  }
  await stop();
  times.sort((one, other) => one - other);
  return [times[ROUNDS / 2], times[Math.floor((ROUNDS * 99) / 100)]];
}

async function catchUp({ publisher }) {
  for (let n = 0; n < MISSED / 100; n += 1) {
    await Promise.all(Array.from({ length: 100 }, () => publisher.publish("missed", { text })));
  }
  const times = [];
  for (let round = 0; round < 5; round += 1) {
    const node = open();
    const start = performance.now();
    await new Promise((resolve) => {
      let count = 0;
      node.publisher.subscribe("missed", () => (count += 1) === MISSED && resolve(), { lastEventId: "0-0" });
    });
    times.push(performance.now() - start);
    node.close();
  }
  return times.sort((one, other) => one - other)[2];
}

if (command === "publishers") {
  const [near, far] = [open(), open()];
  const figures = {
    "appends by 1": await appends(near, 1),
    "appends by 64": await appends(near, 64),
    "same node": await latency(near, near),
    "other node": await latency(near, far),
    "catch-up": await catchUp(near),
  };
  console.log(JSON.stringify(figures));
  process.exit();
}

const { publisher } = open();
const router = {
  publish: os.input(z.string()).handler(({ input }) => publisher.publish("room", { text: input })),
  subscribe: os.handler(async function* ({ signal, lastEventId }) {
    yield* publisher.subscribe("room", { signal, lastEventId });
  }),
};
const server = createServer();
const handler = new RPCHandler(router);
new WebSocketServer({ server, path: "/ws" }).on("connection", (socket) => handler.upgrade(socket));
server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
