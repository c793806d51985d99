// Rate limits as the official client sees them: the error and its data, the headers, and the plugin that waits as long as
// the server says. A server that runs elsewhere is not used.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ORPCError, createORPCClient, isDefinedError, safe } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { BatchLinkPlugin, RetryAfterPlugin } from "@orpc/client/plugins";
import { RPCLink as WebSocketLink } from "@orpc/client/websocket";
import { WebSocket } from "ws";
import { soon } from "./support/eventually.mjs";
import { startRedis } from "./support/redis.mjs";
import { besideServer, launchServer, serverIsForeign } from "./support/server.mjs";

const HOUR = 3_600_000;
const PROGRAM = "rate-limits";

/** Notes the headers of limits in each answer, within the other plugins. */
const noting = (answers) => ({
  order: 2_000_000,
  init(options) {
    options.clientInterceptors ??= [];
    options.clientInterceptors.push(async ({ next }) => {
      const answer = await next();
      const names = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after"];
      answers.push({ status: answer.status, ...Object.fromEntries(names.map((name) => [name, answer.headers[name]])) });
      return answer;
    });
  },
});

/** A client of its own key. */
function connect(transport, origin, user, plugins = []) {
  const answers = [];
  const options = { headers: { "x-user": user }, plugins: [...plugins, noting(answers)] };
  if (transport === "HTTP") {
    const link = new RPCLink({ url: `${origin}/rpc`, ...options });
    return { client: createORPCClient(link), answers, close: () => {} };
  }
  const websocket = new WebSocket(`${origin.replace(/^http/, "ws")}/ws`);
  const link = new WebSocketLink({ websocket, ...options });
  return { client: createORPCClient(link), answers, close: () => websocket.close() };
}

/** Checks the error of a limit of two calls in an hour. */
function assertLimited(error, isDefined) {
  assert.ok(error instanceof ORPCError, String(error));
  const { defined, code, status, message, data } = error;
  assert.deepEqual({ defined, code, status, message }, { defined: isDefined, code: "TOO_MANY_REQUESTS", status: 429, message: "Too Many Requests" });
  assert.deepEqual(Object.keys(data), ["limit", "remaining", "reset"]);
  assert.equal(isDefinedError(error), isDefined);
}

describe("rate limits", { skip: serverIsForeign, timeout: 120_000 }, () => {
  let server;
  let origin;

  before(async () => {
    server = launchServer({}, besideServer(PROGRAM));
    origin = await server.origin;
  });

  after(() => server?.kill());

  for (const transport of ["HTTP", "WebSocket"]) {
    describe(`over ${transport}`, () => {
      it("are told by the error, its data and the headers", async () => {
        const { client, answers, close } = connect(transport, origin, `${transport} error`);
        const begin = Date.now();
        assert.equal(await soon("the first call", client.few()), "ok");
        assert.equal(await soon("the second call", client.few()), "ok");
        const { error } = await soon("the third call", safe(client.few()));
        assertLimited(error, true);
        assert.equal(error.data.limit, 2);
        assert.equal(error.data.remaining, 0);
        // The next call is allowed half an hour after the first.
        const wait = error.data.reset - begin;
        assert.ok(wait >= HOUR / 2 && wait <= HOUR / 2 + 60_000, `${wait} ms`);
        close();

        assert.deepEqual(answers.map(({ status }) => status), [200, 200, 429]);
        assert.deepEqual(answers.map((answer) => answer["ratelimit-limit"]), ["2", "2", "2"]);
        assert.deepEqual(answers.map((answer) => answer["ratelimit-remaining"]), ["1", "0", "0"]);
        assert.equal(answers[2]["ratelimit-reset"], String(error.data.reset));
        assert.deepEqual(answers.slice(0, 2).map((answer) => answer["retry-after"]), [undefined, undefined]);
        const after = Number(answers[2]["retry-after"]);
        assert.ok(after > HOUR / 2000 - 60 && after <= HOUR / 2000, `${after} s`);
      });

      it("end a stream before it begins", async () => {
        const { client, close } = connect(transport, origin, `${transport} stream`);
        const values = [];
        for await (const value of await soon("the stream", client.stream())) values.push(value);
        assert.deepEqual(values, [1, 2]);
        await soon("a call", client.few());
        const { error } = await soon("the next stream", safe(client.stream()));
        assertLimited(error, true);
        close();
      });

      it("are waited for by the plugin that reads retry-after", async () => {
        const { client, answers, close } = connect(transport, origin, `${transport} retry`, [new RetryAfterPlugin()]);
        assert.equal(await soon("a call", client.soon()), "ok");
        const begin = Date.now();
        assert.equal(await soon("a call that waits", client.soon()), "ok");
        const waited = Date.now() - begin;
        close();
        assert.deepEqual(answers.map(({ status }) => status), [200, 429, 200]);
        assert.equal(answers[1]["retry-after"], "1");
        // Timers of Node may fire a millisecond early.
        assert.ok(waited >= 999, `${waited} ms`);
      });
    });
  }

  it("count each call of a batch", async () => {
    const plugins = [new BatchLinkPlugin({ groups: [{ condition: () => true, context: {} }] })];
    const { client, answers } = connect("HTTP", origin, "batch", plugins);
    const results = await soon("the batch", Promise.all([1, 2, 3].map(() => safe(client.few()))));
    const errors = results.map(({ error }) => error).filter(Boolean);
    assert.equal(errors.length, 1);
    assertLimited(errors[0], true);
    assert.deepEqual(answers.map((answer) => answer["ratelimit-remaining"]).sort(), ["0", "0", "1"]);
    assert.equal(answers.filter((answer) => answer["retry-after"]).length, 1);
  });

  it("that are not declared have the same error but for that", async () => {
    const { client } = connect("HTTP", origin, "undeclared");
    await soon("a call", client.soon());
    const { error } = await soon("the next call", safe(client.soon()));
    assertLimited(error, false);
  });
});

describe("a rate limit of two servers on one Redis", { skip: serverIsForeign, timeout: 120_000 }, () => {
  it("is one limit", async () => {
    const folder = await mkdtemp(join(tmpdir(), "orpc-rates-"));
    const redis = await startRedis(folder);
    const servers = [1, 2].map(() => launchServer({ REDIS: redis.url }, besideServer(PROGRAM)));
    try {
      const origins = await Promise.all(servers.map((server) => server.origin));
      const clients = origins.map((origin) => connect("HTTP", origin, "shared"));
      const calls = clients.flatMap(({ client }) => [1, 2, 3, 4].map(() => safe(client.few())));
      const errors = (await soon("the calls", Promise.all(calls))).map(({ error }) => error).filter(Boolean);
      assert.equal(errors.length, 6, "two of eight calls are allowed");
      for (const error of errors) assertLimited(error, true);
    } finally {
      await Promise.all(servers.map((server) => server.kill()));
      await redis.stop();
      await rm(folder, { recursive: true });
    }
  });
});
