import assert from "node:assert/strict";
import { assertInputRefused, assertORPCError, errorOf } from "../support/errors.mjs";
import { drain, drainToError, numbered } from "../support/streams.mjs";
import { VALID } from "./inputs.mjs";

/** Calls of every kind. The answer depends on its `index` (0 to 199), so that answers cannot be confused. */
export const CALLS = [
  async (client) => assert.equal(await client.ping(), "pong"),
  async (client, index) => {
    const input = { room: `room ${index}`, text: "x".repeat(1 + index * 9), tags: [`${index}`] };
    assert.deepEqual(await client.echo(input), input);
  },
  async (client, index) => {
    const items = [{ sku: "ABC-1234", qty: index + 1, price: 0.5 }];
    assert.deepEqual(await client.order({ ...VALID.order, items }), { total: (index + 1) / 2, items: 1 });
  },
  async (client, index) => {
    const error = await errorOf(client.errors.typed({ retryAfter: index }));
    assert.deepEqual(error.data, { retryAfter: index });
  },
  async (client, index) => {
    const error = await errorOf(client.errors.common({ code: "CONFLICT", message: `conflict ${index}` }));
    assertORPCError(error, { code: "CONFLICT", status: 409, message: `conflict ${index}` });
  },
  async (client) => assertInputRefused(await errorOf(client.echo({ room: 1 })), [["room"], ["text"], ["tags"]]),
  async (client, index) => assert.equal(await client.slow.wait({ ms: (index * 37) % 50 }), "done"),
  async (client) => assert.equal((await errorOf(client.errors.panic())).message, "Internal server error"),
];

/** The same of streams, each read to its end. */
export const STREAMS = [
  async (client, index) =>
    assert.deepEqual(await drain(await client.count({ to: index })), { values: numbered(index), returned: undefined }),
  async (client, index) => {
    const { values, error } = await drainToError(await client.stream.fail({ after: index }));
    assert.deepEqual(values, numbered(index));
    assert.deepEqual(error.data, { retryAfter: 7 });
  },
];
