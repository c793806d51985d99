import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createORPCClient, isDefinedError, safe } from "@orpc/client";
import { RPCLink as FetchLink } from "@orpc/client/fetch";
import { BatchLinkPlugin } from "@orpc/client/plugins";
import { RPCLink as SocketLink } from "@orpc/client/websocket";
import { WebSocket } from "ws";
import { startServer } from "./support/server.mjs";

/** Over HTTP, with the recorded requests. */
function overHttp(origin, plugin) {
  const requests = [];
  const link = new FetchLink({
    url: `${origin}/rpc`,
    plugins: [plugin],
    fetch: async (request, init) => {
      const response = await fetch(request, init);
      const { pathname } = new URL(request.url);
      requests.push({ pathname, status: response.status, type: response.headers.get("content-type") });
      return response;
    },
  });
  return { link, requests, close() {} };
}

/** Over WebSocket, with the messages that were sent. */
function overSocket(origin, plugin) {
  const websocket = new WebSocket(`${origin.replace("http", "ws")}/ws`);
  const requests = [];
  const send = websocket.send.bind(websocket);
  websocket.send = (message) => {
    requests.push({ pathname: JSON.parse(message).p?.u });
    send(message);
  };
  return { link: new SocketLink({ websocket, plugins: [plugin] }), requests, close: () => websocket.close() };
}

/** The client of that transport, whose calls of one tick share a request. */
function open(origin, transport, mode) {
  const plugin = new BatchLinkPlugin({ mode, groups: [{ condition: () => true, context: {} }] });
  const { link, requests, close } = transport(origin, plugin);
  return { client: createORPCClient(link), requests, close };
}

for (const [name, transport] of [["HTTP", overHttp], ["WebSocket", overSocket]]) {
  for (const mode of ["buffered", "streaming"]) {
    describe(`a batch, ${mode}, over ${name}`, () => {
      let server;
      before(async () => {
        server = await startServer();
      });
      after(() => server?.stop());

      test("ten calls share one request, each with its own end", async () => {
        const { client, requests, close } = open(server.origin, transport, mode);
        const [pong, echoed, limited, unknown, invalid, ...many] = await Promise.all([
          client.ping(),
          client.echo({ room: "r", text: "hello", tags: ["t"] }),
          safe(client.errors.typed({ retryAfter: 3 })),
          safe(client.nope()),
          safe(client.echo({ room: "", text: "x", tags: [] })),
          ...Array.from({ length: 5 }, (_, n) => client.values.shape({ kind: "square", side: n + 1 })),
        ]);
        assert.equal(pong, "pong");
        assert.deepEqual(echoed, { room: "r", text: "hello", tags: ["t"] });
        assert.ok(isDefinedError(limited.error));
        assert.deepEqual(limited.error.data, { retryAfter: 3 });
        assert.equal(unknown.error.code, "NOT_FOUND");
        assert.equal(invalid.error.code, "BAD_REQUEST");
        assert.deepEqual(invalid.error.data.issues.map(({ path }) => path), [["room"]]);
        assert.deepEqual(many, [1, 4, 9, 16, 25].map((area) => ({ area })));
        assert.deepEqual(requests.map(({ pathname }) => pathname.replace("/rpc", "")), ["/ping/__batch__"]);
        close();
      });

      test("a fast call does not wait for a slow one if the response is a stream", async () => {
        const { client, close } = open(server.origin, transport, mode);
        const order = [];
        await Promise.all([
          client.slow.wait({ ms: 300 }).then(() => order.push("slow")),
          client.ping().then(() => order.push("fast")),
        ]);
        assert.deepEqual(order, mode === "streaming" ? ["fast", "slow"] : order);
        close();
      });

      test("a stream in a batch is refused and the calls beside it are not", async () => {
        const { client, close } = open(server.origin, transport, mode);
        const [stream, pong] = await Promise.all([safe(client.count({ to: 3 })), client.ping()]);
        assert.ok(stream.error);
        assert.equal(pong, "pong");
        close();
      });
    });
  }
}

describe("a batch by hand", () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const send = (items) =>
    fetch(`${server.origin}/rpc/__batch__`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-orpc-batch": "buffered" },
      body: JSON.stringify(items),
    });
  const item = (path) => ({ url: `${server.origin}/rpc/${path}`, body: {} });

  test("eleven calls are too many", async () => {
    const ten = await send(Array.from({ length: 10 }, () => item("ping")));
    assert.equal(ten.status, 207);
    assert.equal((await ten.json()).length, 10);
    const eleven = await send(Array.from({ length: 11 }, () => item("ping")));
    assert.equal(eleven.status, 413);
    assert.equal(await eleven.json(), "Batch request size exceeds the maximum allowed size");
  });

  test("a body of null is malformed, as over HTTP, and not the same as none", async () => {
    const url = item("ping").url;
    const answers = await (await send([{ url, body: null }, { url }, { url, body: {} }])).json();
    const ends = answers.sort((a, b) => a.index - b.index).map(({ status, body }) => [status, body.json.code ?? body.json]);
    assert.deepEqual(ends, [[400, "BAD_REQUEST"], [200, "pong"], [200, "pong"]]);
  });

  test("a call that panics ends alone", async () => {
    const answers = await (await send([item("errors/panic"), item("ping")])).json();
    const bodies = answers.sort((a, b) => a.index - b.index).map(({ status, body }) => [status, body.json]);
    assert.equal(bodies[0][0], 500);
    assert.equal(bodies[0][1].code, "INTERNAL_SERVER_ERROR");
    assert.deepEqual(bodies[1], [200, "pong"]);
  });

  test("a call has the headers of the batch and its own", async () => {
    const response = await fetch(`${server.origin}/rpc/__batch__`, {
      method: "POST",
      headers: { "x-orpc-batch": "buffered", authorization: "Bearer common" },
      body: JSON.stringify([
        item("account/whoAmI"),
        { ...item("account/whoAmI"), headers: { authorization: "Bearer own" } },
        item("account/headers"),
      ]),
    });
    const answers = (await response.json()).sort((a, b) => a.index - b.index);
    assert.deepEqual(answers.slice(0, 2).map(({ body }) => body.json.name), ["common", "own"]);
    assert.equal(answers[2].headers["x-conformance"], "yes");
  });
});
