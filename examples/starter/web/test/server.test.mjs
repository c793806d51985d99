// The official client against the built server: STARTER_BIN, or the one that `cargo build` leaves.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";

const program = process.env.STARTER_BIN ?? fileURLToPath(new URL("../../target/debug/starter", import.meta.url));
let server;
let api;

before(async () => {
  server = spawn(program, { env: { ...process.env, PORT: "0" }, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit").then(() => assert.fail(`${program} ends`));
  const [line] = await Promise.race([once(createInterface(server.stdout), "line"), ended]);
  api = createORPCClient(new RPCLink({ url: `${line.replace("listening on ", "")}/rpc` }));
});

after(() => server.kill());

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
