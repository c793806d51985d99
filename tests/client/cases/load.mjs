import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CALLS, STREAMS } from "./mix.mjs";

const MIX = [...CALLS, ...STREAMS];

export function load(world) {
  describe("load", () => {
    it("200 calls of every kind at once on one client are all answered, each with its own answer", async () => {
      const client = world.client();
      await Promise.all(Array.from({ length: 200 }, (_, index) => MIX[index % MIX.length](client, index)));
    });

    it("200 slow calls at once are all answered", async () => {
      const client = world.client();
      const answers = await Promise.all(Array.from({ length: 200 }, () => client.slow.wait({ ms: 50 })));
      assert.deepEqual(new Set(answers), new Set(["done"]));
    });
  });
}
