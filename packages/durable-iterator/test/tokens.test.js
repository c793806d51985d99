import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ORPCError } from "@orpc/client";
import { durableIteratorId, durableIteratorToken } from "../dist/index.js";
import { errorOf, Rooms, take } from "./support/rooms.js";

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
});
