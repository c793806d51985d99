// What a publisher with a file promises a server that is killed again and again: no acknowledged event is lost, and
// readers that come back by themselves see each once and in order. It needs processes of its own, so a server that
// runs elsewhere is left alone. CRASH_ROUNDS is how often the server is killed in all, CRASH_SEED decides when.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ORPCError, createORPCClient, getEventMeta } from "@orpc/client";
import { ClientRetryPlugin } from "@orpc/client/plugins";
import { Acknowledged, partsOf } from "./support/acknowledged.mjs";
import { eventually, pause, soon } from "./support/eventually.mjs";
import { httpLink } from "./support/http-link.mjs";
import { randomFrom } from "./support/random-values.mjs";
import { reconnectingWsLink } from "./support/reconnecting-ws-link.mjs";
import { launchServer, serverIsForeign } from "./support/server.mjs";

const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 50);
const SEED = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** For whatever has to come at some time. */
const PATIENCE = 30_000;

/** How long the server is left alone at most. A start takes some 20 ms of it. */
const MAX_LIFE = 120;

/** How far the publisher goes ahead of a reader: the server retains 100 events, and no reader is to be overtaken. */
const WINDOW = 64;

const CHANNEL = "crash";

/** A server that goes on after each of its ends at the same port with the same file. */
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
    this.#process = launchServer({ ...this.#settings, PORT });
    // It is looked at by `start`, or killed before it was ready.
    this.#process.origin.catch(() => {});
  }

  /** Starts a process and waits until it is ready. */
  async start() {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      this.launch();
      try {
        const origin = await this.#process.origin;
        this.origin ??= origin;
        assert.equal(origin, this.origin);
        return;
      } catch (error) {
        // While nothing listened at its port a connection of somebody else may have got it.
        if (!/AddrInUse|Address already in use/.test(error.message) || performance.now() > deadline) throw error;
      }
    }
  }

  async kill() {
    const { signal } = await this.#process.kill();
    return signal === "SIGKILL";
  }

  stop() {
    return this.#process.stop();
  }
}

/** Reads the channel as long as it can by a client that comes back by itself. */
class Reader {
  /** `{ n, attempt, id }` of each event. */
  seen = [];
  /** How often it came back. */
  returns = 0;
  /** What the server said that is no event, such as a gap. */
  said = [];
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
    for await (const event of this.#iterator) this.seen.push({ ...event, id: getEventMeta(event).id });
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
        return this.acknowledged.add(payload, await this.#client.publisher.publish({ channel: CHANNEL, payload }));
      } catch (error) {
        // The server is killed, it never fails: an answer that is an error is none that may come.
        if (error instanceof ORPCError || performance.now() > deadline) throw error;
        // Nobody listened, so nobody has got it.
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
  t.after(() => server.kill());
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
  // What fails in the background ends the test at the next wait.
  const failure = Promise.all([writing, ...all.map((reader) => reader.end)]).then(() => new Promise(() => {}));
  failure.catch(() => {});
  const wait = (what, ask) => Promise.race([eventually(what, ask, true, PATIENCE), failure]);

  // A reader that saw no event has no id to come back with.
  await wait("the first event", () => all.every((reader) => reader.seen.length > 0));

  let early = 0;
  for (let round = 0; round < rounds; round++) {
    const life = random() * MAX_LIFE;
    if (round > 0 && random() < 0.25) {
      // At any moment, also while it opens its file.
      server.launch();
      early++;
    } else {
      if (round > 0) await Promise.race([server.start(), failure]);
      const before = writer.count;
      await wait("an acknowledged event", () => writer.count > before);
    }
    await pause(life);
    assert.ok(await server.kill(), "the server lived until it was killed");
  }
  await server.start();
  const before = writer.count;
  await wait("an acknowledged event at the end", () => writer.count > before);
  writer.end();
  await soon("the end of the writer", writing, PATIENCE);
  const { events, unknown } = writer.acknowledged;
  const last = partsOf(events.at(-1).id).sequence;
  await wait("the last event at all readers", () => all.every((reader) => reader.top >= last));

  const there = Object.entries(readers).map(([name, reader]) => writer.acknowledged.judge(name, reader.seen));
  for (const [name, reader] of Object.entries(readers)) {
    assert.deepEqual(reader.said, [], `${name} was told of nothing but events`);
    assert.ok(reader.returns > 0, `${name} came back`);
  }
  t.diagnostic(
    `${durability}: ${rounds} kills (${early} of them at any moment of the start), ${events.length} acknowledged, ` +
      `${unknown} unknown of which ${there[0]} are there, returns ${all.map((reader) => reader.returns).join(" and ")}`,
  );

  for (const reader of all) await reader.close();
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
}

if (!serverIsForeign) {
  describe("a publisher whose server is killed", { timeout: 60_000 + ROUNDS * 2000 }, () => {
    ["commit", "process"].forEach((durability, index) => {
      const rounds = index === 0 ? Math.ceil(ROUNDS / 2) : Math.floor(ROUNDS / 2);
      it(`loses no acknowledged event, and repeats none (${durability})`, async (t) => {
        t.diagnostic(`CRASH_SEED=${SEED}`);
        await crash(t, durability, rounds, randomFrom(SEED + index));
      });
    });
  });
}
