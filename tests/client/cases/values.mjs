import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertInputRefused, errorOf } from "../support/errors.mjs";
import { inFull, inFullWithFiles, randomFrom, randomValues } from "../support/random-values.mjs";

// A browser has no environment.
const CALLS = Number(globalThis.process?.env.VALUES_CALLS ?? 500);
const AT_ONCE = 32;

const TYPED = () => ({
  big: 2n ** 200n,
  when: new Date(1_700_000_000_123),
  url: new URL("https://example.com/p%20a?q=%C3%A9#h"),
  pattern: /a\/b[c"]+/gi,
  set: new Set(["b", "a"]),
  map: new Map([
    ["z", 1.5],
    ["a", -2],
  ]),
  list: [new Date(0), new Date(8.64e15)],
  nan: NaN,
});

/** Replacements of each member, and the path of the issue. */
const WRONG = [
  ["big", 1, ["big"]],
  ["big", "1", ["big"]],
  ["when", "2024-01-01T00:00:00.000Z", ["when"]],
  ["when", 0, ["when"]],
  ["when", null, ["when"]],
  ["url", "https://example.com/", ["url"]],
  ["pattern", "/a/", ["pattern"]],
  ["set", ["a"], ["set"]],
  ["set", new Set(["a", 1]), ["set", 1]],
  ["map", { a: 1 }, ["map"]],
  ["map", new Map([["a", 1n]]), ["map", 0, 1]],
  ["map", new Map([[1, 1]]), ["map", 0, 0]],
  ["maybe", "x", ["maybe"]],
  ["list", new Set([new Date(0)]), ["list"]],
  ["list", [new Date(0), null], ["list", 1]],
  ["nan", "NaN", ["nan"]],
];

export function values(world) {
  describe("values", () => {
    it(`${CALLS} random values of every type, files among them, come back as they were`, async () => {
      // A browser has no environment.
      const seed = Number(globalThis.process?.env.VALUES_SEED ?? Date.now() % 2 ** 32);
      const next = randomValues(randomFrom(seed));
      const client = world.client();
      let left = CALLS;
      const caller = async () => {
        while (left-- > 0) {
          const value = next();
          const sent = await inFullWithFiles(value);
          const failed = `VALUES_SEED=${seed}: ${inFull(value)}`;
          const received = await client.values.any(value).catch((error) => assert.fail(`${failed}: ${error}`));
          assert.equal(await inFullWithFiles(received), sent, `${failed} came back as ${inFull(received)}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, caller));
    });

    it("nothing is returned as nothing", async () => {
      assert.equal(await world.client().values.any(), undefined);
      assert.equal(await world.client().values.any(undefined), undefined);
    });

    for (const maybe of [undefined, new Date(1)]) {
      it(`a struct of every type is returned, ${maybe ? "with" : "without"} its optional member`, async () => {
        const value = maybe ? { ...TYPED(), maybe } : TYPED();
        const received = await world.client().values.typed(value);
        assert.deepEqual(Object.keys(received).sort(), Object.keys(value).sort());
        for (const key of Object.keys(value)) assert.equal(inFull(received[key]), inFull(value[key]), key);
      });
    }

    it("a number stands where NaN may", async () => {
      assert.equal((await world.client().values.typed({ ...TYPED(), nan: 1.5 })).nan, 1.5);
    });

    for (const [key, value, path] of WRONG) {
      it(`${key} is refused as ${inFull(value)}`, async () => {
        assertInputRefused(await errorOf(world.client().values.typed({ ...TYPED(), [key]: value })), [path]);
      });
    }

    it("members of the wrong types are all reported", async () => {
      const error = await errorOf(world.client().values.typed({}));
      assertInputRefused(error, Object.keys(TYPED()).map((key) => [key]));
    });

    for (const [shape, area] of [
      [{ kind: "circle", radius: 1 }, Math.PI],
      [{ kind: "square", side: 1.5 }, 2.25],
    ]) {
      it(`the area of ${inFull(shape)} is ${area}`, async () => {
        assert.deepEqual(await world.client().values.shape(shape), { area });
      });
    }

    for (const [shape, path] of [
      [{ kind: "circle", radius: 0 }, ["radius"]],
      [{ kind: "square", side: NaN }, ["side"]],
      [{ kind: "square", side: 1n }, ["side"]],
      [{ kind: "square", side: 1, more: 1 }, []],
      [{ kind: "circle" }, ["radius"]],
      [{ kind: "oval" }, ["kind"]],
      [new Map([["kind", "circle"]]), []],
      [new Date(0), []],
    ]) {
      it(`${inFull(shape)} is not a shape`, async () => {
        assertInputRefused(await errorOf(world.client().values.shape(shape)), [path]);
      });
    }
  });
}
