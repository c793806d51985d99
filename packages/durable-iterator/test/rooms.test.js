import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ORPCError } from "@orpc/client";
import { BatchLinkPlugin, ClientRetryPlugin } from "@orpc/client/plugins";
import { durableIteratorId, durableIteratorToken } from "../dist/index.js";
import { errorOf, Rooms, take } from "./support/rooms.js";

let rooms;
const rejections = [];
const note = (reason) => rejections.push(reason);
beforeAll(async () => {
  process.on("unhandledRejection", note);
  rooms = await Rooms.start();
});
afterEach(async () => {
  await rooms.leave();
  expect(rejections).toEqual([]);
});
afterAll(async () => {
  expect(await rooms.stop()).toEqual({ code: 0, signal: null });
  process.off("unhandledRejection", note);
});

let counter = 0;
/** A room of its own for each test. */
const room = () => `room-${(counter += 1)}`;
const says = (from, ...texts) => texts.map((text) => ({ from, text }));

describe("a durable iterator", () => {
  test("gives what everyone in the room says, and calls methods, nested ones too", async () => {
    const name = room();
    const ada = await rooms.open({ room: name, name: "Ada" });
    const bob = await rooms.open({ room: name, name: "Bob" });
    expect(await ada.say({ text: "hi" })).toBeUndefined();
    await bob.say({ text: "hello" });
    for (const iterator of [ada, bob]) {
      expect(await take(iterator, 2)).toEqual([...says("Ada", "hi"), ...says("Bob", "hello")]);
    }
    expect(await ada.tools.ping()).toBe("pong");
    expect(await ada.tools.echo({ text: "echo" })).toBe("echo");
  });

  test("has one id, that the server gave it, over all its sockets, and no other has it", async () => {
    const name = room();
    const ada = await rooms.open({ room: name, name: "Ada" });
    const bob = await rooms.open({ room: name, name: "Bob" });
    const id = durableIteratorId(ada);
    expect(id).toMatch(/^c\.[\w-]{22}$/u);
    expect(durableIteratorId(bob)).not.toBe(id);
    rooms.line.cut();
    // It may not know yet that its line is cut.
    await ada.tools.ping().catch(() => ada.tools.ping());
    expect(durableIteratorId(ada)).toBe(id);
    expect(durableIteratorToken(ada)).toContain(id);
    expect(durableIteratorId({})).toBeUndefined();
    const ids = rooms.sockets.map((socket) => new URL(socket.url).searchParams.get("id"));
    expect(ids.filter((own) => own === id).length).toBeGreaterThanOrEqual(2);
  });

  test("goes on where it was when its line is cut, without a loss and without a repetition", async () => {
    const name = room();
    const reader = await rooms.open({ room: name, name: "Reader" });
    const writer = await rooms.open({ room: name, name: "Writer" });
    const texts = Array.from({ length: 60 }, (_, number) => `${number}`);
    const write = (async () => {
      for (const [number, text] of texts.entries()) {
        // Not repeated when the socket breaks: the test does it, and says each text once.
        await writer.say({ text });
        if (number % 15 === 7) {
          rooms.line.cut();
          await writer.tools.ping().catch(() => writer.tools.ping());
        }
      }
    })();
    expect(await take(reader, texts.length)).toEqual(says("Writer", ...texts));
    await write;
    expect(rooms.sockets.length).toBeGreaterThan(4);
  });

  test("misses nothing that was said before its first event, while its line was cut", async () => {
    const name = room();
    const reader = await rooms.open({ room: name, name: "Reader" });
    rooms.line.cut();
    // Over a line of its own, so that it is said before the reader is back.
    const direct = { plugin: { url: `${rooms.server.origin.replace("http", "ws")}/durable` } };
    const writer = await rooms.open({ room: name, name: "Writer" }, direct);
    await writer.say({ text: "while you were away" });
    expect(await take(reader, 1)).toEqual(says("Writer", "while you were away"));
  });

  test("begins behind the last event id of the call", async () => {
    const name = room();
    const first = await rooms.open({ room: name, name: "First" });
    await first.say({ text: "one" });
    await first.say({ text: "two" });
    const { getEventMeta } = await import("@orpc/client");
    const [one] = await take(first, 1);
    const { id } = getEventMeta(one);
    expect(id).toMatch(/^[0-9a-f]{32}\.1$/u);
    const second = await rooms.open({ room: name, name: "Second" }, { lastEventId: id });
    expect(await take(second, 1)).toEqual(says("First", "two"));
  });

  test("is refused with a typed error when the last event id is invalid", async () => {
    const error = await errorOf(rooms.open({ room: room(), name: "Ada" }, { lastEventId: "7" }));
    expect(error).toBeInstanceOf(ORPCError);
    expect(error).toMatchObject({ code: "BAD_REQUEST", message: "Malformed last event id" });
  });

  test("gives the errors of methods and of inputs", async () => {
    const ada = await rooms.open({ room: room(), name: "Ada" });
    expect(await errorOf(ada.secret({}))).toMatchObject({
      code: "FORBIDDEN",
      status: 403,
      message: 'Method "secret" is not allowed.',
    });
    expect(await errorOf(ada.tools.missing())).toMatchObject({ code: "NOT_FOUND" });
    expect(await errorOf(ada.say({ text: "" }))).toMatchObject({
      code: "BAD_REQUEST",
      data: { issues: [{ path: ["text"] }] },
    });
  });

  test("leaves other results as they are", async () => {
    const client = rooms.client();
    expect(await client.ping()).toBe("pong");
    const text = '{"chn":"x","exp":1}.sig';
    expect(await client.values.any(text)).toBe(text);
  });

  test("goes with the official plugins for batches and retries", async () => {
    const plugins = [
      new ClientRetryPlugin(),
      new BatchLinkPlugin({ groups: [{ condition: () => true, context: {} }] }),
    ];
    const client = rooms.client({}, { plugins });
    const name = room();
    const [iterator, pong] = await Promise.all([
      client.room.open({ room: name, name: "Ada" }, { context: { retry: 2 } }),
      client.ping(),
    ]);
    expect(pong).toBe("pong");
    await iterator.say({ text: "in a batch" });
    expect(await take(iterator, 1)).toEqual(says("Ada", "in a batch"));
    await iterator.return();
  });
});

describe("the end of a durable iterator", () => {
  test("by return closes its socket, and a pending next is done", async () => {
    const ada = await rooms.open({ room: room(), name: "Ada" });
    const pending = ada.next();
    await ada.return();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(await ada.next()).toEqual({ done: true, value: undefined });
    expect(await errorOf(ada.tools.ping())).toMatchObject({ message: "The durable iterator is closed." });
    await rooms.leave();
  });

  test("by a loop that is left closes its socket", async () => {
    const name = room();
    const ada = await rooms.open({ room: name, name: "Ada" });
    await ada.say({ text: "one" });
    for await (const message of ada) {
      expect(message.text).toBe("one");
      break;
    }
    await rooms.leave();
  });

  test("by the signal of the call rejects what waits with its reason", async () => {
    const stop = new AbortController();
    const ada = await rooms.open({ room: room(), name: "Ada" }, { signal: stop.signal });
    const pending = errorOf(ada.next());
    const reason = new Error("enough");
    stop.abort(reason);
    expect(await pending).toBe(reason);
    expect(await errorOf(ada.tools.ping())).toBe(reason);
    await rooms.leave();
  });

  test("of one call by its own signal leaves the iterator alone", async () => {
    const ada = await rooms.open({ room: room(), name: "Ada" });
    const stop = AbortSignal.abort(new Error("not this one"));
    expect(await errorOf(ada.tools.ping(undefined, { signal: stop }))).toBe(stop.reason);
    expect(await ada.tools.ping()).toBe("pong");
  });

  test("that is given up before there is a socket leaves nothing behind", async () => {
    const stop = new AbortController();
    const nowhere = { url: "ws://127.0.0.1:9/durable" };
    const opening = errorOf(rooms.client(nowhere).room.open({ room: room(), name: "Ada" }, { signal: stop.signal }));
    setTimeout(() => stop.abort(new Error("given up")), 30);
    expect(await opening).toMatchObject({ message: "given up" });
    await rooms.leave();
  });
});
