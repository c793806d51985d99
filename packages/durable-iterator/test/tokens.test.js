import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ORPCError } from "@orpc/client";
import { WebSocket } from "ws";
import { durableIteratorId, durableIteratorToken } from "../dist/index.js";
import { answer, errorOf, refusal, repeated, Rooms, take } from "./support/rooms.js";

/** Tokens live that long here, in seconds. */
const TTL = 2;
const REFRESH = { refreshTokenBeforeExpireInSeconds: 1, refreshTokenDelayInSeconds: 0.2 };

let rooms;
const rejections = [];
const note = (reason) => rejections.push(reason);
beforeAll(async () => {
  process.on("unhandledRejection", note);
  rooms = await Rooms.start({ ROOM_TTL: `${TTL}` });
});
afterEach(async () => {
  await rooms.leave();
  expect(rejections).toEqual([]);
});
afterAll(async () => {
  await rooms.stop();
  process.off("unhandledRejection", note);
});

const exp = (iterator) => {
  const token = durableIteratorToken(iterator);
  return JSON.parse(token.slice(0, token.lastIndexOf("."))).exp;
};

/** Waits some seconds for a promise, then fails. */
const soon = async (promise) => {
  const late = sleep(5000).then(() => Promise.reject(new Error("it takes too long")));
  late.catch(() => {});
  return Promise.race([promise, late]);
};

/** Waits until the clock has passed a time in seconds since 1970. */
const past = async (seconds) => {
  while (Date.now() / 1000 <= seconds) await new Promise((resolve) => setTimeout(resolve, 50));
};

describe("a token", () => {
  test("that is refreshed keeps the socket, the id and the position beyond its first end", async () => {
    const ada = await rooms.open({ room: "refreshed", name: "Ada" }, { plugin: REFRESH });
    const [id, ends] = [durableIteratorId(ada), exp(ada)];
    await ada.say({ text: "before" });
    await past(ends + 0.5);
    await ada.say({ text: "after" });
    expect((await take(ada, 2)).map(({ text }) => text)).toEqual(["before", "after"]);
    expect(exp(ada)).toBeGreaterThan(ends);
    expect(durableIteratorId(ada)).toBe(id);
    expect(rooms.sockets.length).toBe(1);
  });

  test("that is refreshed is the one that the next socket comes with", async () => {
    const ada = await rooms.open({ room: "reopened", name: "Ada" }, { plugin: REFRESH });
    const ends = exp(ada);
    await past(ends);
    rooms.line.cut();
    await ada.tools.ping().catch(() => ada.tools.ping());
    expect(rooms.sockets.length).toBe(2);
    expect(new URL(rooms.sockets[1].url).searchParams.get("token")).not.toContain(`"exp":${ends},`);
  });

  test("that expires without a refresh ends the iterator with a typed error", async () => {
    const ada = await rooms.open({ room: "expired", name: "Ada" });
    const error = await errorOf(ada.next());
    expect(error).toBeInstanceOf(ORPCError);
    expect(error).toMatchObject({ code: "UNAUTHORIZED", message: "Token expired" });
    expect(await errorOf(ada.tools.ping())).toBe(error);
    expect(await ada.next()).toEqual({ done: true, value: undefined });
  });

  test("is asked for again and again until the server gives one", async () => {
    let failures = 0;
    const fetch = async (request, init) => {
      const headers = new Headers(request.headers);
      if (headers.has("x-orpc-durable-iterator-token") && failures < 3) {
        failures += 1;
        throw new TypeError("fetch failed");
      }
      return globalThis.fetch(request, init);
    };
    const ada = await rooms.open({ room: "again", name: "Ada" }, { plugin: REFRESH, link: { fetch } });
    const ends = exp(ada);
    await past(ends + 0.3);
    await ada.tools.ping().catch(() => ada.tools.ping());
    expect(failures).toBe(3);
  });

  test("is asked for at waits that grow, while the server cannot give one", async () => {
    const asked = [];
    const fetch = repeated(() => {
      asked.push(performance.now());
      return asked.length < 5 && refusal(503, "SERVICE_UNAVAILABLE");
    });
    const plugin = {
      refreshTokenBeforeExpireInSeconds: 1,
      refreshTokenDelayInSeconds: 0.15,
      backoff: { initialMs: 100, maxMs: 400, random: () => 1 },
    };
    const ada = await rooms.open({ room: "growing", name: "Ada" }, { plugin, link: { fetch } });
    await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(5);
    const waits = asked.slice(1).map((time, index) => time - asked[index]);
    for (const [index, least] of [150, 200, 400, 400].entries()) expect(waits[index]).toBeGreaterThan(least - 5);
    // The last one was given.
    expect(await ada.tools.ping().catch(() => ada.tools.ping())).toBe("pong");
  });
});

describe("a repeated call that is refused ends the iterator, and is not repeated again", () => {
  test.each([
    [401, "UNAUTHORIZED"],
    [403, "FORBIDDEN"],
  ])("when its status is %i", async (status, code) => {
    let asked = 0;
    const fetch = repeated(() => (asked += 1) && refusal(status, code));
    const ada = await rooms.open({ room: "refused", name: "Ada" }, { plugin: REFRESH, link: { fetch } });
    const error = await soon(errorOf(ada.next()));
    expect(error).toBeInstanceOf(ORPCError);
    expect(error).toMatchObject({ code, status });
    expect(await soon(errorOf(ada.tools.ping()))).toBe(error);
    await sleep(500);
    expect(asked).toBe(1);
  });

  test.each([
    ["no durable iterator", {}, "The repeated call gave no durable iterator."],
    ["no token", { "x-orpc-durable-iterator": "1" }, /./u],
  ])("when it gives %s", async (_, headers, message) => {
    let asked = 0;
    const fetch = repeated(() => (asked += 1) && answer(200, "logged out", headers));
    const ada = await rooms.open({ room: "refused", name: "Ada" }, { plugin: REFRESH, link: { fetch } });
    const error = await soon(errorOf(ada.next()));
    expect(error.message).toMatch(message);
    expect(await soon(errorOf(ada.tools.ping()))).toBe(error);
    await sleep(500);
    expect(asked).toBe(1);
  });

  test("after the token has expired, and what waits for the next socket fails", async () => {
    let isOver = false;
    const fetch = repeated(() => (isOver ? refusal(401, "UNAUTHORIZED") : refusal(503, "SERVICE_UNAVAILABLE")));
    const ada = await rooms.open({ room: "refused", name: "Ada" }, { plugin: REFRESH, link: { fetch } });
    const next = errorOf(ada.next());
    // By then the server has closed the socket.
    await expect.poll(() => rooms.sockets[0].readyState, { timeout: 10_000 }).toBe(WebSocket.CLOSED);
    const call = errorOf(ada.tools.ping());
    isOver = true;
    const error = await soon(next);
    expect(error).toMatchObject({ code: "UNAUTHORIZED", message: "refused" });
    expect(await soon(call)).toBe(error);
  });
});
