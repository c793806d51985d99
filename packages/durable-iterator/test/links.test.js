import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { durableIteratorId } from "../dist/index.js";
import { errorOf, Rooms, take } from "./support/rooms.js";

let rooms;
const rejections = [];
const note = (reason) => rejections.push(reason);
beforeAll(async () => {
  process.on("unhandledRejection", note);
  rooms = await Rooms.start();
});
afterEach(async () => {
  rooms.line.thaw();
  rooms.line.cut();
  await rooms.leave();
  expect(rejections).toEqual([]);
});
afterAll(async () => {
  await rooms.stop();
  process.off("unhandledRejection", note);
});

let counter = 0;
const room = () => `link-${(counter += 1)}`;

/** Waits that are over soon. */
const timeouts = { connectMs: 150, silenceMs: 100, answerMs: 150, requestMs: 400 };

/** Sockets that cannot be ended at once, as those of browsers. */
class Patient extends WebSocket {
  terminate = undefined;
}

describe.each([
  ["of the package ws", undefined],
  ["of a browser", Patient],
])("a path that is frozen without an end, with sockets %s,", (_, WebSocket) => {
  const plugin = { timeouts, ...(WebSocket && { WebSocket }) };

  test("is noticed, and the iterator goes on over the next socket without a loss", async () => {
    const name = room();
    const ada = await rooms.open({ room: name, name: "Ada" }, { plugin });
    const id = durableIteratorId(ada);
    await ada.say({ text: "before" });
    expect((await take(ada, 1))[0].text).toBe("before");
    rooms.line.freeze();
    const next = take(ada, 2);
    rooms.line.thaw();
    const bob = await rooms.open({ room: name, name: "Bob" }, { plugin: { url: `${rooms.server.origin}/durable` } });
    for (const text of ["meanwhile", "after"]) await bob.say({ text });
    expect((await next).map(({ text }) => text)).toEqual(["meanwhile", "after"]);
    expect(await ada.tools.ping()).toBe("pong");
    expect(durableIteratorId(ada)).toBe(id);
  });

  test("fails the calls that it swallowed", async () => {
    const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin });
    rooms.line.freeze();
    expect(await errorOf(ada.say({ text: "swallowed" }))).toMatchObject({ name: "AbortError" });
    rooms.line.thaw();
    expect(await ada.tools.ping()).toBe("pong");
  });

  test("does not hold up the end of the iterator", async () => {
    const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin });
    const next = ada.next();
    rooms.line.freeze();
    await ada.return();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test("is noticed while sockets are opened: a handshake that is not answered is given up", async () => {
    rooms.line.freeze();
    const opening = rooms.open({ room: room(), name: "Ada" }, { plugin });
    const dark = rooms.line.dark();
    await expect.poll(() => rooms.line.dark(), { timeout: 10_000 }).toBeGreaterThan(dark + 1);
    rooms.line.thaw();
    expect(await (await opening).tools.ping()).toBe("pong");
  });
});

test("a call for a new token that gets no answer does not hold up the next socket", async () => {
  let asked = 0;
  const fetch = (request, init) => {
    const isRepeated = new Headers(request.headers).has("x-orpc-durable-iterator-token");
    return isRepeated && (asked += 1) ? new Promise(() => {}) : globalThis.fetch(request, init);
  };
  const plugin = { timeouts: { ...timeouts, requestMs: 60_000 }, refreshTokenBeforeExpireInSeconds: 60 };
  const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin, link: { fetch } });
  rooms.line.freeze();
  await expect.poll(() => asked, { timeout: 10_000 }).toBe(1);
  rooms.line.thaw();
  const call = ada.tools.ping().catch(() => ada.tools.ping());
  expect(await Promise.race([call, sleep(10_000)])).toBe("pong");
});

test("a socket on which nothing is said stays, as the server gives signs of life", async () => {
  const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin: { timeouts: { silenceMs: 20, answerMs: 2000 } } });
  let signs = 0;
  rooms.sockets[0].addEventListener("message", () => (signs += 1));
  await expect.poll(() => signs, { timeout: 10_000 }).toBeGreaterThan(3);
  expect(await ada.tools.ping()).toBe("pong");
  expect(rooms.sockets.length).toBe(1);
});

test("a subscription that gets no answer moves to the next socket", async () => {
  let lost = 0;
  const isLost = (message) => message.includes("/subscribe") && (lost += 1) === 1;
  const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin: { isLost, timeouts: { requestMs: 200 } } });
  expect(await ada.tools.ping()).toBe("pong");
  expect(rooms.sockets.length).toBe(2);
});

test("a call that is made while the socket closes waits for the next one", async () => {
  const ada = await rooms.open({ room: room(), name: "Ada" });
  rooms.sockets[0].close();
  expect(rooms.sockets[0].readyState).toBe(WebSocket.CLOSING);
  expect(await ada.tools.ping()).toBe("pong");
});

describe("a function for the URL", () => {
  const target = () => `${rooms.line.origin.replace("http", "ws")}/durable`;

  test.each([
    ["rejects", () => Promise.reject(new Error("no address yet"))],
    ["throws", () => { throw new Error("no address yet"); }],
    ["never answers", () => new Promise(() => {})],
  ])("is asked again when it %s", async (_, fails) => {
    let asked = 0;
    const url = () => ((asked += 1) % 2 === 1 ? fails() : target());
    const ada = await rooms.open({ room: room(), name: "Ada" }, { plugin: { url, timeouts: { requestMs: 200 } } });
    expect(await ada.tools.ping()).toBe("pong");
    rooms.line.cut();
    await ada.tools.ping().catch(() => ada.tools.ping());
    expect(asked).toBe(4);
  });

  test("ends the iterator when it gives no URL", async () => {
    const url = async () => "no address";
    expect(await errorOf(rooms.open({ room: room(), name: "Ada" }, { plugin: { url } }))).toBeInstanceOf(TypeError);
  });
});

describe("many calls at once", () => {
  test("cause no warning about listeners, with a signal and without", async () => {
    const warnings = [];
    const warn = (warning) => warnings.push(`${warning.name} ${warning.message}`);
    process.on("warning", warn);
    try {
      const ada = await rooms.open({ room: room(), name: "Ada" });
      await Promise.all(Array.from({ length: 40 }, () => ada.tools.ping()));
      const ends = new AbortController();
      const opened = Array.from({ length: 15 }, () =>
        rooms.open({ room: room(), name: "Ada" }, { signal: ends.signal, link: { fetch: withoutSignal } }),
      );
      for (const iterator of await Promise.all(opened)) expect(await iterator.tools.ping()).toBe("pong");
      ends.abort();
      await sleep(10);
    } finally {
      process.off("warning", warn);
    }
    expect(warnings).toEqual([]);
  });
});

/** Node's own fetch would warn of the signal. */
const withoutSignal = (request, init) => globalThis.fetch(new Request(request, { signal: null }), init);
