// Guarantees of a publisher with a file on a server that is killed repeatedly: no acknowledged event is lost, and
// readers that reconnect see each event once and in order. The test needs processes of its own, so a server that
// runs elsewhere is not used. CRASH_ROUNDS is the number of kills, CRASH_SEED decides their times.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ORPCError, createORPCClient, getEventMeta } from "@orpc/client";
import { ClientRetryPlugin } from "@orpc/client/plugins";
import { Acknowledged, partsOf } from "./support/acknowledged.mjs";
import { errorOf } from "./support/errors.mjs";
import { eventually, pause, soon } from "./support/eventually.mjs";
import { httpLink } from "./support/http-link.mjs";
import { randomFrom } from "./support/random-values.mjs";
import { reconnectingWsLink } from "./support/reconnecting-ws-link.mjs";
import { launchServer, serverIsForeign } from "./support/server.mjs";

const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 25);
const SEED = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** Deadline of anything that must happen eventually. */
const PATIENCE = 120_000;

/** Maximum time from the server's start to its end, in milliseconds. */
const MAX_LIFE = 200;

/** Maximum lead of the publisher over a reader: the server retains 100 events, and no reader may be overtaken. */
const WINDOW = 64;

const CHANNEL = "crash";

/** The error of a server whose port a connection of somebody else got while nothing listened there. */
const TAKEN = /AddrInUse/;

/** Maximum number of waits before the server is killed at that moment. */
const MAX_TIMES = 12;

/** Something that happens again and again. */
class Moments {
  #waiting = [];

  next() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  now() {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** A server that restarts after each end at the same port with the same file. */
class MortalServer {
  #settings;
  #process;
  origin;

  constructor(settings) {
    this.#settings = settings;
  }

  /** Starts a process, which may not be ready yet. */
  launch() {
    const PORT = this.origin ? new URL(this.origin).port : "0";
    const process = launchServer({ ...this.#settings, PORT });
    this.#process = process;
    this.isReady = false;
    process.origin.then(
      () => (this.isReady ||= process === this.#process),
      // `ready` tells, unless it is killed before.
      () => {},
    );
  }

  /** Waits until the process is ready. */
  async ready() {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      try {
        const origin = await this.#process.origin;
        this.origin ??= origin;
        return assert.equal(origin, this.origin);
      } catch (error) {
        if (!TAKEN.test(error.message) || performance.now() > deadline) throw error;
        this.launch();
      }
    }
  }

  async start() {
    this.launch();
    await this.ready();
  }

  /** Ends the process at once. */
  async kill() {
    const { signal } = await this.#process.kill();
    // Nothing else ends it, except that it cannot listen.
    if (signal !== "SIGKILL") assert.match((await errorOf(this.#process.origin)).message, TAKEN);
  }

  stop() {
    return this.#process.stop();
  }

  /** Ends the process in any state. */
  leave() {
    return this.#process.kill();
  }
}

/** Reads the channel as long as it can by a client that reconnects by itself. */
class Reader {
  /** `{ n, attempt, id }` of each event. */
  seen = [];
  /** Number of reconnections. */
  returns = 0;
  /** Messages of the server other than events, such as gaps. */
  said = [];
  arrivals = new Moments();
  #iterator;
  #close;
  #isClosed = false;

  constructor(origin, makeLink) {
    const retries = new ClientRetryPlugin({
      default: {
        retry: Number.POSITIVE_INFINITY,
        retryDelay: 5,
        onRetry: ({ error }) => {
          if (error instanceof ORPCError) this.said.push(`${error.code} ${JSON.stringify(error.data)}`);
          return (isSuccess) => void (this.returns += isSuccess ? 1 : 0);
        },
      },
    });
    const { link, close } = makeLink(origin, { plugins: [retries] });
    this.#close = close;
    this.client = createORPCClient(link);
  }

  /** Begins to read: what is published from now on. */
  async subscribe() {
    this.#iterator = await this.client.publisher.subscribe({ channel: CHANNEL });
    this.end = this.#read();
    this.end.catch(() => {});
  }

  async #read() {
    for await (const event of this.#iterator) {
      this.seen.push({ ...event, id: getEventMeta(event).id });
      this.arrivals.now();
    }
    if (!this.#isClosed) throw new Error("a reader that comes back by itself was at the end");
  }

  get top() {
    return this.seen.length > 0 ? partsOf(this.seen.at(-1).id).sequence : 0;
  }

  async close() {
    this.#isClosed = true;
    await this.#iterator?.return();
    await this.#close();
  }
}

/** Publishes events one after the other, each again until it is acknowledged. */
class Writer {
  acknowledged = new Acknowledged();
  acknowledgements = new Moments();
  #client;
  #readers;
  #isEnding = false;

  constructor(origin, readers) {
    this.#client = createORPCClient(httpLink(origin).link);
    this.#readers = readers;
  }

  get count() {
    return this.acknowledged.events.length;
  }

  async run() {
    for (let n = 0; !this.#isEnding; n++) {
      await this.#publish(n);
      const { sequence } = partsOf(this.acknowledged.events.at(-1).id);
      const areNear = () => this.#readers.every((reader) => sequence - reader.top < WINDOW);
      await eventually("readers that follow", areNear, true, PATIENCE);
    }
  }

  async #publish(n) {
    const deadline = performance.now() + PATIENCE;
    for (let attempt = 0; ; attempt++) {
      const payload = { n, attempt };
      try {
        const id = await this.#client.publisher.publish({ channel: CHANNEL, payload });
        this.acknowledged.add(payload, id);
        return this.acknowledgements.now();
      } catch (error) {
        // The server is killed, it never fails: an error response must not occur.
        if (error instanceof ORPCError || performance.now() > deadline) throw error;
        // No server listened, so the event was not published.
        if (error.cause?.code !== "ECONNREFUSED") this.acknowledged.addUnknown(payload);
        await pause(2);
      }
    }
  }

  end() {
    this.#isEnding = true;
  }
}

/** Lets one server be killed `rounds` times, and checks what its readers saw. */
async function crash(t, durability, rounds, random) {
  const folder = await mkdtemp(join(tmpdir(), "crash-"));
  t.after(() => rm(folder, { recursive: true }));
  const server = new MortalServer({ PUBLISHER_FILE: join(folder, "events"), PUBLISHER_DURABILITY: durability });
  t.after(() => server.leave());
  await server.start();

  const readers = {
    "the reader over HTTP": new Reader(server.origin, httpLink),
    "the reader over WebSocket": new Reader(server.origin, reconnectingWsLink),
  };
  const all = Object.values(readers);
  for (const reader of all) {
    t.after(() => reader.close());
    await soon("a subscription", reader.subscribe(), PATIENCE);
  }
  const writer = new Writer(server.origin, all);
  const writing = writer.run();
  t.after(() => writer.end());
  // A failure in the background ends the test at the next wait.
  const failure = Promise.all([writing, ...all.map((reader) => reader.end)]).then(() => new Promise(() => {}));
  failure.catch(() => {});
  const wait = (what, ask) => Promise.race([eventually(what, ask, true, PATIENCE), failure]);

  // A reader that saw no event has no id to come back with.
  await wait("the first event", () => all.every((reader) => reader.seen.length > 0));

  // When the server is killed: at any time, also while it opens its file; or as soon as it has promised something, which
  // is when an event is acknowledged or a reader has one.
  const promises = [writer.acknowledgements, ...all.map((reader) => reader.arrivals)];
  let early = 0;
  for (let round = 0; round < rounds; round++) {
    if (round > 0) server.launch();
    if (random() < 0.5) {
      await pause(random() * MAX_LIFE);
      if (!server.isReady) early++;
    } else {
      if (round > 0) await Promise.race([server.ready(), failure]);
      const moments = promises[Math.floor(random() * promises.length)];
      for (let times = Math.floor(random() * MAX_TIMES); times >= 0; times--) {
        await soon("an event", Promise.race([moments.next(), failure]), PATIENCE);
      }
    }
    await server.kill();
  }
  await server.start();
  const before = writer.count;
  await wait("an acknowledged event at the end", () => writer.count > before);
  writer.end();
  await soon("the end of the writer", writing, PATIENCE);
  const { events, unknown } = writer.acknowledged;
  const last = partsOf(events.at(-1).id).sequence;
  await wait("the last event at all readers", () => all.every((reader) => reader.top >= last));

  for (const [name, reader] of Object.entries(readers)) {
    assert.deepEqual(reader.said, [], `${name} was told of nothing but events`);
    assert.ok(reader.returns > 0, `${name} came back`);
  }
  const there = Object.entries(readers).map(([name, reader]) => writer.acknowledged.judge(name, reader.seen));
  t.diagnostic(
    `${durability}: ${rounds} kills (${early} before it listened), ${events.length} acknowledged, ` +
      `${unknown} unknown of which ${there[0]} are there, returns ${all.map((reader) => reader.returns).join(" and ")}`,
  );

  for (const reader of all) await reader.close();
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
}

if (!serverIsForeign) {
  describe("a publisher whose server is killed", { timeout: 300_000 + ROUNDS * 10_000 }, () => {
    ["commit", "process"].forEach((durability, index) => {
      const rounds = index === 0 ? Math.ceil(ROUNDS / 2) : Math.floor(ROUNDS / 2);
      it(`loses no acknowledged event, and repeats none (${durability})`, async (t) => {
        t.diagnostic(`CRASH_SEED=${SEED}`);
        await crash(t, durability, rounds, randomFrom(SEED + index));
      });
    });
  });
}
