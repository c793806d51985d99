import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { errorOf, refusal, repeated, Rooms, take } from "./support/rooms.js";

let rooms;
const problems = [];
const note = (problem) => problems.push(problem);
beforeAll(async () => {
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  rooms = await Rooms.start({ ROOM_TTL: "3" });
});
afterEach(async () => {
  await rooms.leave();
  // Unhandled rejections are reported a little later.
  await sleep(20);
  expect(problems.splice(0)).toEqual([]);
});
afterAll(async () => {
  await rooms.stop();
  process.off("unhandledRejection", note);
  process.off("uncaughtException", note);
});

let counter = 0;
/** A room of its own for each test. */
const room = () => `pending-${(counter += 1)}`;

/** Loses the messages that have the text in them, so that what they ask is never answered. */
const losing = (text) => {
  const lost = [];
  const isLost = (message) => message.includes(text) && lost.push(message) > 0;
  return { isLost, sent: () => expect.poll(() => lost.length, { interval: 5, timeout: 10_000 }).toBeGreaterThan(0) };
};

/** A call that is never answered: `error` is what it fails with, or undefined if it takes long. */
const unanswered = async (ada, line, options) => {
  const failed = errorOf(ada.say({ text: "never heard" }, options));
  await line.sent();
  return { error: () => Promise.race([failed, sleep(200)]) };
};

/** Tokens live for two seconds and more here: the first is replaced soon, but not at once. */
const refresh = { refreshTokenBeforeExpireInSeconds: 1.8, refreshTokenDelayInSeconds: 0.2 };

const CLOSED = { name: "AbortError", message: "The durable iterator is closed." };

describe("a method that has no answer yet fails, and nothing else does, when the iterator ends", () => {
  test("by return", async () => {
    const line = losing("never heard");
    const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin: line });
    const call = await unanswered(ada, line);
    await ada.return();
    expect(await call.error()).toMatchObject(CLOSED);
  });

  test("by a loop that is left", async () => {
    const line = losing("never heard");
    const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin: line });
    await ada.say({ text: "one" });
    let call;
    for await (const message of ada) {
      expect(message.text).toBe("one");
      call = await unanswered(ada, line);
      break;
    }
    expect(await call.error()).toMatchObject(CLOSED);
  });

  test("by the signal of the call that opened it", async () => {
    const line = losing("never heard");
    const stop = new AbortController();
    const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin: line, signal: stop.signal });
    const call = await unanswered(ada, line);
    const reason = new Error("enough");
    stop.abort(reason);
    expect(await call.error()).toBe(reason);
  });

  test("by a signal that is the method's, too", async () => {
    const line = losing("never heard");
    const stop = new AbortController();
    const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin: line, signal: stop.signal });
    const call = await unanswered(ada, line, { signal: stop.signal });
    stop.abort();
    expect(await call.error()).toBe(stop.signal.reason);
  });

  test("by return, at once after the method was given up by its own signal", async () => {
    const line = losing("never heard");
    const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin: line });
    const stop = new AbortController();
    const call = await unanswered(ada, line, { signal: stop.signal });
    stop.abort();
    await ada.return();
    expect(await call.error()).toMatchObject({ name: "AbortError" });
  });

  test("by an error that ends it", async () => {
    const line = losing("never heard");
    const fetch = repeated(() => refusal(401, "UNAUTHORIZED"));
    const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin: { ...refresh, ...line }, link: { fetch } });
    const call = await unanswered(ada, line);
    const ended = await errorOf(ada.next());
    expect(ended).toMatchObject({ code: "UNAUTHORIZED" });
    expect(await call.error()).toBe(ended);
  });
});

test("a method can be given up while its socket is closing", async () => {
  const line = losing("never heard");
  const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin: line });
  const stop = new AbortController();
  const call = await unanswered(ada, line, { signal: stop.signal });
  rooms.sockets[0].close();
  stop.abort();
  expect(await call.error()).toBe(stop.signal.reason);
  // The next socket is open for the next call.
  await expect.poll(() => rooms.sockets.length, { timeout: 10_000 }).toBe(2);
  expect(await ada.tools.ping()).toBe("pong");
});

describe("a new token that the server has not confirmed yet is no trouble when the iterator ends", () => {
  test("by return", async () => {
    const line = losing("updateToken");
    const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin: { ...refresh, ...line } });
    await line.sent();
    await ada.return();
    expect(await ada.next()).toEqual({ done: true, value: undefined });
  });

  test("by a loop that is left", async () => {
    const line = losing("updateToken");
    const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin: { ...refresh, ...line } });
    await ada.say({ text: "one" });
    for await (const message of ada) {
      expect(message.text).toBe("one");
      await line.sent();
      break;
    }
  });

  test("by the signal of the call that opened it", async () => {
    const line = losing("updateToken");
    const stop = new AbortController();
    const ada = await rooms.open(
      { room: room(), name: "Ada" },
      { plugin: { ...refresh, ...line }, signal: stop.signal },
    );
    const pending = errorOf(take(ada, 1));
    await line.sent();
    stop.abort();
    expect(await pending).toBe(stop.signal.reason);
  });
});
