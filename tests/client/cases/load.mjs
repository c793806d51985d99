import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertInputRefused, assertORPCError, errorOf } from "../support/errors.mjs";
import { drain, drainToError, numbered } from "../support/streams.mjs";
import { VALID } from "./inputs.mjs";

/** Calls of every kind. Each answers according to its `index`, so that no answer can stand for another's. */
const MIX = [
  async (client) => assert.equal(await client.ping(), "pong"),
  async (client, index) => {
    const input = { room: `room ${index}`, text: "x".repeat(1 + index * 9), tags: [`${index}`] };
    assert.deepEqual(await client.echo(input), input);
  },
  async (client, index) => {
    const items = [{ sku: "ABC-1234", qty: index + 1, price: 0.5 }];
    assert.deepEqual(await client.order({ ...VALID.order, items }), { total: (index + 1) / 2, items: 1 });
  },
  async (client, index) =>
    assert.deepEqual(await drain(await client.count({ to: index })), { values: numbered(index), returned: undefined }),
  async (client, index) => {
    const error = await errorOf(client.errors.typed({ retryAfter: index }));
    assert.deepEqual(error.data, { retryAfter: index });
  },
  async (client, index) => {
    const error = await errorOf(client.errors.common({ code: "CONFLICT", message: `conflict ${index}` }));
    assertORPCError(error, { code: "CONFLICT", status: 409, message: `conflict ${index}` });
  },
  async (client) => assertInputRefused(await errorOf(client.echo({ room: 1 })), [["room"], ["text"], ["tags"]]),
  async (client, index) => {
    const { values, error } = await drainToError(await client.stream.fail({ after: index }));
    assert.deepEqual(values, numbered(index));
    assert.deepEqual(error.data, { retryAfter: 7 });
  },
  async (client) => assert.equal(await client.slow.wait({ ms: 20 }), "done"),
  async (client) => assert.equal((await errorOf(client.errors.panic())).message, "Internal server error"),
];

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
