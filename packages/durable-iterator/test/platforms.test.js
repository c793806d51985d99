import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { durableIteratorId } from "../dist/index.js";
import { errorOf, Rooms, take } from "./support/rooms.js";

let rooms;
const undo = [];
beforeAll(async () => {
  // With ids that clients choose, as at an official server.
  rooms = await Rooms.start({ ROOM_IDS: "clients" });
});
afterEach(async () => {
  for (const each of undo.splice(0)) each();
  await rooms.leave();
});
afterAll(() => rooms.stop());

/** Takes a member of the platform away, until the end of the test. */
function without(owner, name) {
  const own = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value: undefined, configurable: true, writable: true });
  undo.push(() => (own ? Object.defineProperty(owner, name, own) : delete owner[name]));
}

test("a page without TLS has no crypto.randomUUID", async () => {
  without(crypto, "randomUUID");
  const ada = await rooms.open({ room: "plain http", name: "Ada" });
  const bob = await rooms.open({ room: "plain http", name: "Bob" });
  expect(durableIteratorId(ada)).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/u);
  expect(durableIteratorId(bob)).not.toBe(durableIteratorId(ada));
  expect(await ada.tools.ping()).toBe("pong");
});

test("React Native has signals that can be aborted and listened to, and nothing else", async () => {
  without(AbortSignal.prototype, "throwIfAborted");
  without(AbortSignal, "any");
  without(AbortSignal, "timeout");
  const [stop, one] = [new AbortController(), new AbortController()];
  const ada = await rooms.open({ room: "native", name: "Ada" }, { signal: stop.signal });
  expect(await ada.tools.ping(undefined, { signal: one.signal })).toBe("pong");
  await ada.say({ text: "hi" });
  expect((await take(ada, 1))[0].text).toBe("hi");
  const next = errorOf(ada.next());
  stop.abort();
  expect(await next).toBe(stop.signal.reason);
  const ended = AbortSignal.abort();
  expect(await errorOf(rooms.open({ room: "native", name: "Ada" }, { signal: ended }))).toBe(ended.reason);
});
