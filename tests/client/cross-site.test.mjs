// Pages of other origins: refused, unless ALLOW_ORIGIN names theirs. A request with the headers of a page stands for one.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createORPCClient, safe } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { BatchLinkPlugin } from "@orpc/client/plugins";
import { serverIsForeign, startServer } from "./support/server.mjs";
import { upgrade } from "./support/upgrade.mjs";
import { open, send } from "./support/http.mjs";

const PAGE = "http://page.example:5173";
const OTHER = "https://evil.example";

/** A browser's fetch from a page: a preflight before requests that are not simple, and no response that CORS forbids. */
function fetchOfPage(origin) {
  return async (request, init) => {
    const sent = new Request(request, init);
    const { url, method, headers } = sent;
    const path = url.slice(new URL(url).origin.length);
    const body = await sent.text();
    const preflight = await send(new URL(url).origin, path, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": method,
        "access-control-request-headers": [...headers.keys()].join(","),
        "sec-fetch-site": "cross-site",
      },
    });
    const allowed = (head) => head.headers["access-control-allow-origin"] === origin;
    if (preflight.status > 299 || !allowed(preflight)) throw new TypeError("Failed to fetch: preflight");
    for (const name of headers.keys()) {
      assert.ok(preflight.headers["access-control-allow-headers"].includes(name), name);
    }
    const response = await open(new URL(url).origin, path, {
      method,
      headers: { ...Object.fromEntries(headers), origin, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" },
      body: method === "GET" ? undefined : body,
    });
    if (!allowed(response)) throw new TypeError("Failed to fetch: CORS");
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk;
    const kept = Object.entries(response.headers).filter(([name]) => name.startsWith("content-type"));
    return new Response(text, { status: response.statusCode, headers: Object.fromEntries(kept) });
  };
}

const link = (server, origin, options) =>
  new RPCLink({ url: `${server.origin}/rpc`, fetch: fetchOfPage(origin), ...options });

describe("a page of another origin", { skip: serverIsForeign }, () => {
  let server, allowing;
  before(async () => {
    [server, allowing] = await Promise.all([startServer(), startServer({ ALLOW_ORIGIN: PAGE })]);
  });
  after(() => Promise.all([server?.stop(), allowing?.stop()]));

  it("calls with the official client where it is allowed, in batches as well", async () => {
    const client = createORPCClient(link(allowing, PAGE, { headers: { authorization: "Bearer ada" } }));
    assert.equal(await client.ping(), "pong");
    assert.deepEqual(await client.account.whoAmI(), { name: "ada" });
    const numbers = [];
    for await (const { n } of await client.count({ to: 3 })) numbers.push(n);
    assert.deepEqual(numbers, [0, 1, 2]);
    const batching = new BatchLinkPlugin({ mode: "buffered", groups: [{ condition: () => true, context: {} }] });
    const batched = createORPCClient(link(allowing, PAGE, { plugins: [batching] }));
    assert.deepEqual(await Promise.all([batched.ping(), batched.nested.deep.ping()]), ["pong", "pong"]);
    const { error } = await safe(client.errors.typed({ retryAfter: 1 }));
    assert.equal(error.code, "RATE_LIMITED");
    const { status, socket } = await upgrade(allowing.origin, { path: "/ws", headers: { origin: PAGE } });
    assert.equal(status, 101);
    socket?.destroy();
  });

  it("is refused elsewhere", async () => {
    for (const [target, origin] of [[server, PAGE], [server, OTHER], [allowing, OTHER]]) {
      await assert.rejects(createORPCClient(link(target, origin)).ping(), TypeError);
      const { status } = await upgrade(target.origin, { path: "/ws", headers: { origin } });
      assert.equal(status, 403);
    }
  });

  it("runs nothing by requests without a preflight, and the official client reads the refusal", async () => {
    const client = createORPCClient(new RPCLink({ url: `${server.origin}/rpc` }));
    const before = await client.slow.live();
    const form = '--B\r\ncontent-disposition: form-data; name="data"\r\n\r\n{"json":{"ms":60000}}\r\n--B--\r\n';
    for (const [type, body] of [
      ["multipart/form-data; boundary=B", form],
      [undefined, '{"json":{"ms":60000}}'],
      ["text/plain", '{"json":{"ms":60000}}'],
    ]) {
      for (const foreign of [{ origin: OTHER }, { origin: "null" }, { "sec-fetch-site": "same-site" }]) {
        const headers = { ...foreign, cookie: "session=1", ...(type ? { "content-type": type } : {}) };
        const { status } = await send(server.origin, "/rpc/slow/wait", { headers, body });
        assert.equal(status, 403);
      }
    }
    assert.equal(await client.slow.live(), before);
    const page = createORPCClient(new RPCLink({ url: `${server.origin}/rpc`, headers: { origin: OTHER } }));
    const { error } = await safe(page.ping());
    assert.deepEqual([error.code, error.status, error.defined], ["FORBIDDEN", 403, false]);
  });
});
