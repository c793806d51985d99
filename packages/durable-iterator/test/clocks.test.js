import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { durableIteratorId, durableIteratorToken } from "../dist/index.js";
import { errorOf, Rooms, take } from "./support/rooms.js";

/** Tokens live that long here, in seconds. */
const TTL = 3;
const HOUR = 3_600_000;

let rooms;
const rejections = [];
const note = (reason) => rejections.push(reason);
beforeAll(async () => {
  process.on("unhandledRejection", note);
  rooms = await Rooms.start({ ROOM_TTL: `${TTL}` });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rooms.leave();
  expect(rejections).toEqual([]);
});
afterAll(async () => {
  await rooms.stop();
  process.off("unhandledRejection", note);
});

/** Sets the clock of this computer, but not that of the server. */
const setClock = (milliseconds) => {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => now() + milliseconds);
};

/** Spoils the tokens of calls, as if the server had another key by now, for as long as `isSpoilt` says. */
const spoiling = (isSpoilt) => {
  const asked = [];
  const fetch = async (request, init) => {
    const isRepeated = new Headers(request.headers).has("x-orpc-durable-iterator-token");
    if (isRepeated) asked.push(performance.now());
    const response = await globalThis.fetch(request, init);
    if (!isSpoilt(isRepeated)) return response;
    const { status } = response;
    const headers = new Headers(response.headers);
    const { json } = await response.json();
    const spoilt = `${json.slice(0, json.lastIndexOf("."))}.${"A".repeat(43)}`;
    headers.delete("content-length");
    return new Response(JSON.stringify({ json: spoilt }), { status, headers });
  };
  return { fetch, asked };
};

const CLOCKS = [
  ["right", 0],
  ["an hour behind", -HOUR],
  ["two days ahead", 48 * HOUR],
];
const REFRESH = { refreshTokenBeforeExpireInSeconds: 1, refreshTokenDelayInSeconds: 0.2 };

describe.each(CLOCKS)("with a clock that is %s", (_, offset) => {
  test("a refused handshake is followed by a call for a new token", async () => {
    setClock(offset);
    const { fetch, asked } = spoiling((isRepeated) => !isRepeated);
    const plugin = { ...REFRESH, refreshTokenBeforeExpireInSeconds: 0.1 };
    const ada = await rooms.open({ room: "refused", name: "Ada" }, { plugin, link: { fetch } });
    expect(await ada.tools.ping()).toBe("pong");
    expect(asked.length).toBe(1);
  });

  test("a token is replaced once in its life, in time, on the socket that is open", async () => {
    setClock(offset);
    const { fetch, asked } = spoiling(() => false);
    const ada = await rooms.open({ room: "in time", name: "Ada" }, { plugin: REFRESH, link: { fetch } });
    const [began, first] = [performance.now(), durableIteratorToken(ada)];
    await expect.poll(() => durableIteratorToken(ada) !== first, { timeout: 10_000 }).toBe(true);
    expect(asked.length).toBe(1);
    expect(asked[0] - began).toBeGreaterThan((TTL - 2) * 1000 - 50);
    await ada.say({ text: "still here" });
    expect((await take(ada, 1))[0].text).toBe("still here");
    expect(rooms.sockets.length).toBe(1);
  });
});

test("a clock that is set forward by hours costs one token, not the iterator", async () => {
  const { fetch, asked } = spoiling(() => false);
  const plugin = { ...REFRESH, refreshTokenBeforeExpireInSeconds: 0.1 };
  const ada = await rooms.open({ room: "forward", name: "Ada" }, { plugin, link: { fetch } });
  setClock(10 * HOUR);
  rooms.line.cut();
  await ada.tools.ping().catch(() => ada.tools.ping());
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(asked.length).toBeLessThanOrEqual(1);
  expect(await ada.tools.ping()).toBe("pong");
});

test("a server that refuses all tokens is asked for others at waits that grow", async () => {
  const { fetch, asked } = spoiling(() => true);
  const plugin = {
    ...REFRESH,
    refreshTokenBeforeExpireInSeconds: 0.1,
    refreshTokenDelayInSeconds: 0.05,
    backoff: { initialMs: 60, maxMs: 240, random: () => 1 },
  };
  const stop = new AbortController();
  const opening = errorOf(rooms.open({ room: "never", name: "Ada" }, { plugin, link: { fetch }, signal: stop.signal }));
  await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(5);
  stop.abort();
  await opening;
  const waits = asked.slice(1).map((time, index) => time - asked[index]);
  for (const [index, least] of [60, 120, 240, 240].entries()) expect(waits[index]).toBeGreaterThan(least - 5);
});

test("without a refresh a refused token is not replaced, and the attempts end with its life", async () => {
  const { fetch, asked } = spoiling(() => true);
  const error = await errorOf(rooms.open({ room: "kept", name: "Ada" }, { link: { fetch } }));
  expect(error).toMatchObject({ code: "UNAUTHORIZED", message: "Token expired" });
  expect(asked).toEqual([]);
});

test("a token that is to be replaced longer before its end than it lives is replaced at half of its life", async () => {
  const { fetch, asked } = spoiling(() => false);
  const plugin = { ...REFRESH, refreshTokenBeforeExpireInSeconds: 600 };
  const began = performance.now();
  await rooms.open({ room: "short", name: "Ada" }, { plugin, link: { fetch } });
  await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(2);
  expect(asked[1] - began).toBeGreaterThan(900);
});

test("a computer that slept is told by its other clock that the token has expired", async () => {
  let slept = 0;
  const clock = { monotonic: () => 1000, wall: () => Date.now() + slept };
  const { fetch, asked } = spoiling(() => false);
  const plugin = { ...REFRESH, refreshTokenDelayInSeconds: 0, clock };
  const ada = await rooms.open({ room: "asleep", name: "Ada" }, { plugin, link: { fetch } });
  expect(asked).toEqual([]);
  slept = HOUR;
  await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(1);
  expect(await ada.tools.ping().catch(() => ada.tools.ping())).toBe("pong");
});

test("a call for a new token that gets no answer is given up and repeated", async () => {
  const given = [];
  let asked = 0;
  const hanging = (request, init) =>
    new Promise((_, reject) => {
      const { signal } = init?.signal ? init : request;
      signal.addEventListener("abort", () => {
        given.push(signal.reason.name);
        reject(signal.reason);
      });
    });
  const fetch = (request, init) => {
    const isRepeated = new Headers(request.headers).has("x-orpc-durable-iterator-token");
    if (isRepeated && (asked += 1) === 1) return hanging(request, init);
    return globalThis.fetch(request, init);
  };
  const plugin = { ...REFRESH, refreshTokenBeforeExpireInSeconds: 2, timeouts: { requestMs: 300 } };
  const ada = await rooms.open({ room: "hanging", name: "Ada" }, { plugin, link: { fetch } });
  const first = durableIteratorToken(ada);
  await expect.poll(() => durableIteratorToken(ada) !== first, { timeout: 10_000 }).toBe(true);
  expect([asked, given]).toEqual([2, ["TimeoutError"]]);
});

test("a new token that the server does not confirm is brought by the next socket", async () => {
  const isLost = (message) => message.includes("/updateToken");
  const plugin = { ...REFRESH, refreshTokenBeforeExpireInSeconds: 2, isLost, timeouts: { requestMs: 200 } };
  const ada = await rooms.open({ room: "unconfirmed", name: "Ada" }, { plugin });
  const id = durableIteratorId(ada);
  await expect.poll(() => rooms.sockets.length, { timeout: 10_000 }).toBeGreaterThan(0);
  let code;
  rooms.sockets[0].addEventListener("close", (event) => (code = event.code));
  await expect.poll(() => rooms.sockets.length, { timeout: 10_000 }).toBeGreaterThan(1);
  // Given up here, and not by the server because the token expired.
  await expect.poll(() => code, { timeout: 10_000 }).toBe(1006);
  expect(await ada.tools.ping().catch(() => ada.tools.ping())).toBe("pong");
  expect(durableIteratorId(ada)).toBe(id);
});
