// A client of version 2 of the protocol gets an error that it can show, where it would wait or be misunderstood.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { createORPCClient } from "orpc-client-v2";
import { RPCLink } from "orpc-client-v2/fetch";
import { BatchLinkPlugin } from "orpc-client-v2/plugins";
import { RPCLink as SocketLink } from "orpc-client-v2/websocket";
import { TIME_LIMIT } from "./support/eventually.mjs";
import { startServer } from "./support/server.mjs";
import { closeSocket, openSocket } from "./support/ws-link.mjs";

let server;
before(async () => (server = await startServer()));
after(() => server?.stop());

async function assertRefused(call) {
  const error = await call.then(
    (value) => assert.fail(`it gives ${String(value)}`),
    (error) => error,
  );
  assert.equal(error.code, "NOT_IMPLEMENTED", `${error}`);
  assert.match(error.message, /version 1 .* not version 2.* @orpc\/client 1\.x/);
}

describe("a client of version 2 over WebSocket", TIME_LIMIT, () => {
  let socket;
  let client;
  before(async () => {
    socket = openSocket(server.origin);
    await once(socket, "open");
    client = createORPCClient(new SocketLink({ connect: () => socket, websocket: socket }));
  });
  after(() => socket && closeSocket(socket));

  for (const [title, call] of [
    ["a call", () => client.ping()],
    ["a bigint", () => client.values.any(5n)],
    ["a file", () => client.values.any(new File(["x"], "a.txt"))],
    ["a stream", () => client.count({ to: 2 })],
    ["an unknown procedure", () => client.nope()],
    [
      "an iterator that it sends",
      () =>
        client.stream.sum(
          (async function* () {
            yield 1;
          })(),
        ),
    ],
  ]) {
    it(`is told so: ${title}`, () => assertRefused(call()));
  }
});

describe("a client of version 2 over HTTP", TIME_LIMIT, () => {
  const clientWith = (plugins) =>
    createORPCClient(new RPCLink({ origin: server.origin, url: "/rpc", plugins }));

  it("is served where both versions are alike", async () => {
    assert.equal(await clientWith([]).ping(), "pong");
    assert.deepEqual(await clientWith([]).values.any({ a: [1, "b", null] }), { a: [1, "b", null] });
  });

  for (const [title, value] of [
    ["a bigint", 5n],
    ["a date within", { when: new Date(0) }],
    ["a file", new File(["x"], "a.txt")],
    ["a file within", { file: new File(["x"], "a.txt"), n: 5n }],
  ]) {
    it(`is told so: ${title}`, () => assertRefused(clientWith([]).values.any(value)));
  }

  for (const mode of ["streaming", "buffered"]) {
    it(`is told so for each call of a ${mode} batch`, async () => {
      const groups = [{ condition: () => true, context: {} }];
      const client = clientWith([new BatchLinkPlugin({ mode, groups })]);
      await Promise.all([assertRefused(client.ping()), assertRefused(client.values.any(1))]);
    });
  }
});
