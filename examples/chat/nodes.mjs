// Starts several servers of the chat room and a proxy in front of them: `node nodes.mjs 3 PROGRAM [OPTION …]`.
//
// The servers share the server of `EVENTS`, or a Redis that is started here and keeps nothing when it ends. The proxy
// listens at `PORT`, 3000 unless set, and passes each connection on to the next server. A server that ends, as by
// `kill -9`, is started again; its clients connect to another one meanwhile.
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

const READY = /^chat room: http:\/\/127\.0\.0\.1:(\d+)$/mu;
const [count, program, ...options] = process.argv.slice(2);
const children = new Set();
let isEnding = false;

function fail(message) {
  console.error(`nodes.mjs: ${message}`);
  end(1);
}

function start(command, args, settings) {
  const child = spawn(command, args, settings);
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
}

/** Ends all programs, then this one. */
function end(code) {
  if (isEnding) return;
  isEnding = true;
  const closed = [...children].map((child) => new Promise((resolve) => child.once("close", resolve)));
  for (const child of children) child.kill("SIGTERM");
  Promise.all(closed).then(() => process.exit(code));
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a Redis server; resolves to its address when it takes connections. */
async function startRedis() {
  const port = await freePort();
  const args = ["--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", tmpdir()];
  const redis = start("redis-server", args.map(String), { stdio: "ignore" });
  redis.once("error", () => fail("redis-server is needed (apt-get install redis-server), or a server named by EVENTS"));
  redis.once("exit", () => isEnding || fail("redis-server has ended"));
  while (!isEnding) {
    const isOpen = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket.destroy() && true));
      socket.once("error", () => resolve(false));
    });
    if (isOpen) return `redis://127.0.0.1:${port}`;
    await pause(20);
  }
}

/** A server of the chat room. */
class Node {
  /** `undefined` while it starts. */
  port;

  constructor(number, events) {
    this.number = number;
    this.env = { ...process.env, EVENTS: events, PORT: "0" };
  }

  /** Resolves when the server takes connections. */
  start() {
    return new Promise((resolve) => {
      const child = start(program, options, { env: this.env, stdio: ["ignore", "pipe", "inherit"] });
      child.once("error", ({ message }) => fail(message));
      let printed = "";
      child.stdout.setEncoding("utf8").on("data", (text) => {
        printed += text;
        const ready = READY.exec(printed);
        if (!ready || this.port) return;
        this.port = Number(ready[1]);
        console.log(`node ${this.number}: process ${child.pid}, http://127.0.0.1:${this.port}`);
        resolve();
      });
      child.once("exit", async (code, signal) => {
        const wasReady = this.port !== undefined;
        this.port = undefined;
        if (isEnding) return;
        if (!wasReady) return fail(`node ${this.number} does not start (${signal ?? `exit code ${code}`})`);
        console.log(`node ${this.number}: ended by ${signal ?? `exit code ${code}`}, and is started again`);
        await this.start();
      });
    });
  }
}

/** Passes a connection on to the first server that takes it. */
function pass(client, nodes) {
  const [node, ...others] = nodes;
  if (!node) return client.destroy();
  if (!node.port) return pass(client, others);
  const server = connect({ port: node.port, host: "127.0.0.1", noDelay: true });
  const next = () => pass(client, others);
  server.once("error", next);
  server.once("connect", () => {
    server.off("error", next);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ]) {
      one.on("error", () => other.destroy());
      one.once("close", () => other.destroy());
      one.pipe(other);
    }
  });
}

process.on("SIGINT", () => end(0)).on("SIGTERM", () => end(0));
if (!(Number(count) > 0) || !program) fail("node nodes.mjs COUNT PROGRAM [OPTION …]");
const events = process.env.EVENTS ?? (await startRedis());
const nodes = Array.from({ length: Number(count) }, (_, index) => new Node(index + 1, events));
await Promise.all(nodes.map((node) => node.start()));

let turn = 0;
const proxy = createServer({ noDelay: true }, (client) => {
  client.on("error", () => client.destroy());
  const first = turn++ % nodes.length;
  pass(client, [...nodes.slice(first), ...nodes.slice(0, first)]);
});
proxy.once("error", ({ message }) => fail(message));
proxy.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`chat room: http://127.0.0.1:${proxy.address().port}`);
});
