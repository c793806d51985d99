// The hosts of the room: workerd by miniflare, and a process. Each opens clients by the official link.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";

const root = resolve(import.meta.dirname, "../..");
const target = resolve(process.env.CARGO_TARGET_DIR ?? join(root, "target"));
export const WORKER = process.env.WORKER ?? join(target, "wasm/worker");
const PROCESS = process.env.TEST_ROOM_BIN ?? join(target, "debug/test-room");

/** Keys of the hosts. */
export const KEYS = { ITERATOR_KEY: "the key of the tokens", PUBLISH_KEY: "the key of another service" };

export const folder = () => mkdtempSync(join(tmpdir(), "rooms-"));

/** Awaits the eviction of an object that may not be in memory at the time: no call has reached it yet. */
export const evictedMeanwhile = (evicting) => evicting.catch((error) => assert.match(error.message, /not currently running/u));

/** Opens a socket, and a client of its procedures. */
export async function open(origin, room, query, options = {}) {
  const url = `${origin.replace(/^http/u, "ws")}/rooms/${room}?${query}`;
  const websocket = new WebSocket(url, options);
  const closed = new Promise((ok) => websocket.addEventListener("close", ({ code, reason }) => ok({ code, reason })));
  await new Promise((ok, fail) => {
    websocket.addEventListener("open", ok);
    websocket.addEventListener("error", () => fail(new Error(`no socket at ${url}`)));
  });
  return { websocket, closed, client: createORPCClient(new RPCLink({ websocket })), close: () => websocket.close() };
}

/** workerd with the Worker of this folder. */
export class DurableObject {
  kind = "object";

  static async start({ persist = folder(), bindings = {} } = {}) {
    const { Miniflare } = await import("miniflare");
    const scripts = readdirSync(WORKER, { recursive: true }).filter((name) => /\.m?js$/u.test(name));
    const modules = ["worker.mjs", ...scripts.filter((name) => name !== "worker.mjs")];
    const self = new DurableObject();
    self.persist = persist;
    self.miniflare = new Miniflare({
      name: "rooms",
      host: "127.0.0.1",
      port: 0,
      cf: false,
      telemetry: { enabled: false },
      rootPath: WORKER,
      modulesRoot: WORKER,
      modules: [
        ...modules.map((name) => ({ type: "ESModule", path: join(WORKER, name) })),
        { type: "CompiledWasm", path: join(WORKER, "worker_bg.wasm") },
      ],
      compatibilityDate: "2026-07-01",
      durableObjects: {
        ROOMS: { className: "TestRoomObject", useSQLite: true },
        LOBBIES: { className: "LobbyObject", useSQLite: true },
        FLEETING: { className: "FleetingObject", useSQLite: true },
        NEWS: { className: "NewsObject", useSQLite: true },
        OLD_NEWS: { className: "OldNewsObject", useSQLite: true },
        NEWS_ROOMS: { className: "NewsRoomObject", useSQLite: true },
        RATE_LIMITS: { className: "RateLimitsObject", useSQLite: true },
      },
      durableObjectsPersist: persist,
      bindings: { BACKEND: "http://127.0.0.1:9", ...KEYS, ...bindings },
    });
    self.origin = (await self.miniflare.ready).origin;
    return self;
  }

  /** Removes the object of a room from memory; its sockets stay open, unless they are to be closed. */
  evict(room, className = "TestRoomObject", webSockets = "hibernate") {
    return this.miniflare.unsafeEvictDurableObject("rooms", className, { name: room, webSockets });
  }

  open(room, query, options) {
    return open(this.origin, room, query, options);
  }

  async stop() {
    await this.miniflare.dispose();
  }

  /** Another life of the same storage. */
  async restart() {
    await this.stop();
    return DurableObject.start({ persist: this.persist });
  }
}

/** A process with the rooms in a file. */
export class Process {
  kind = "process";

  static async start({ file = join(folder(), "rooms.redb") } = {}) {
    const self = new Process();
    self.file = file;
    self.child = spawn(PROCESS, [file], { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...KEYS } });
    const [port] = await once(createInterface(self.child.stdout), "line");
    self.origin = `http://127.0.0.1:${port}`;
    return self;
  }

  /** Nothing: a process keeps its rooms in memory. */
  async evict() {}

  open(room, query, options) {
    return open(this.origin, room, query, options);
  }

  async stop(signal = "SIGKILL") {
    const exited = once(this.child, "exit");
    this.child.kill(signal);
    await exited;
  }

  async restart() {
    await this.stop();
    return Process.start({ file: this.file });
  }
}

/** Waits for a promise no longer than some seconds. */
export function within(promise, seconds = 20) {
  const late = new Error(`nothing within ${seconds} s`);
  let timer;
  const timeout = new Promise((_, fail) => (timer = setTimeout(() => fail(late), seconds * 1000)));
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}

/** Asks until an answer is accepted. */
export async function until(ask, accept, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (accept(answer)) return answer;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${JSON.stringify(answer)}`);
    await new Promise((ok) => setTimeout(ok, 20));
  }
}

/** Returns the next value of an iterator that has one. */
export const next = async (iterator) => {
  const { done, value } = await within(iterator.next());
  assert.equal(done, false);
  return value;
};

/** Returns as many further values. */
export const take = async (iterator, count) => {
  const values = [];
  while (values.length < count) values.push(await next(iterator));
  return values;
};

/** Returns the texts of messages. */
export const texts = (values) => values.map(({ text }) => text);
