import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ORPCError } from "@orpc/client";
import { gapOf } from "../dist/index.js";
import { errorOf, Rooms, take } from "./support/rooms.js";

const rejections = [];
const note = (reason) => rejections.push(reason);
let rooms;
beforeEach(async () => {
  process.on("unhandledRejection", note);
  rooms = await Rooms.start();
});
afterEach(async () => {
  await rooms.stop();
  expect(rejections).toEqual([]);
  process.off("unhandledRejection", note);
});

/** Ends the server and starts another at the same address: what was kept in memory is gone. */
async function restart() {
  const { port } = new URL(rooms.server.origin);
  await rooms.server.stop();
  await rooms.restart(port);
}

describe("a server that starts anew", () => {
  test("is told as a gap, and the iterator goes on behind it", async () => {
    const gaps = [];
    const plugin = { onGap: (gap, call) => gaps.push([gap, call.path, call.input.name]) };
    const ada = await rooms.open({ room: "gap", name: "Ada" }, { plugin });
    await ada.say({ text: "before" });
    await take(ada, 1);
    const next = take(ada, 1);
    await restart();
    await expect.poll(() => gaps.length, { timeout: 30_000 }).toBe(1);
    await ada.say({ text: "after" });
    expect(await next).toEqual([{ from: "Ada", text: "after" }]);
    const [[gap, path, name]] = gaps;
    expect(gap.reason).toBe("epoch");
    expect(gap.last).toMatch(/^[0-9a-f]{32}\.1$/u);
    expect(gap.resume).toMatch(/^[0-9a-f]{32}\.0$/u);
    expect([path, name]).toEqual([["room", "open"], "Ada"]);
  });

  test("ends an iterator without a gap handler with a typed error", async () => {
    const ada = await rooms.open({ room: "gap", name: "Ada" });
    await ada.say({ text: "before" });
    await take(ada, 1);
    const next = errorOf(ada.next());
    await restart();
    const error = await next;
    expect(error).toBeInstanceOf(ORPCError);
    expect(error).toMatchObject({ code: "EVENT_GAP", status: 410, defined: true });
    expect(gapOf(error)).toMatchObject({ reason: "epoch" });
    expect(gapOf(new Error("other"))).toBeUndefined();
  });
});
