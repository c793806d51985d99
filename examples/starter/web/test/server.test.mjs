// The official client against the built server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { startServer } from "./server.mjs";

let server;
let api;

before(async () => {
  server = await startServer();
  api = createORPCClient(new RPCLink({ url: `${server.url}/rpc` }));
});

after(() => server?.stop());

test("a name is greeted", async () => {
  assert.equal(await api.greet({ name: "Ada" }), "Hello, Ada!");
});

test("an empty name is refused, with the path of the value", async () => {
  await assert.rejects(api.greet({ name: "" }), (error) => {
    assert.equal(error.code, "BAD_REQUEST");
    assert.deepEqual(error.data.issues[0].path, ["name"]);
    return true;
  });
});

test("a countdown is a stream, and its error is declared", async () => {
  const numbers = [];
  for await (const number of await api.countdown(1)) numbers.push(number);
  assert.deepEqual(numbers, [1, 0]);
  await assert.rejects(api.countdown(11), { code: "TOO_LONG", defined: true });
});
