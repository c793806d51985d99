// The Worker: routes to rooms, procedures over HTTP, the proxy; hibernation, and what prevents it.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { createORPCClient, safe } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { DurableObject, evictedMeanwhile, within } from "./hosts.mjs";

let host, backend;
before(async () => {
  backend = createServer((request, response) => {
    response.setHeader("x-backend", "yes");
    response.statusCode = 201;
    request.pipe(response.writeHead(201, { "x-method": request.method, "x-url": request.url, "x-own": request.headers["x-own"] ?? "" }));
  });
  await new Promise((ok) => backend.listen(0, "127.0.0.1", ok));
  host = await DurableObject.start({ bindings: { BACKEND: `http://127.0.0.1:${backend.address().port}/base` } });
});
after(async () => {
  backend.close();
  await host.stop();
});

test("procedures over HTTP and event streams in the Worker", async () => {
  const client = createORPCClient(new RPCLink({ url: `${host.origin}/rpc` }));
  assert.equal(await client.greet("Ada"), "Hello Ada");
  const counted = [];
  for await (const n of await client.count(3)) counted.push(n);
  assert.deepEqual(counted, [0, 1, 2]);
  assert.equal((await safe(client.greet(1))).error.code, "BAD_REQUEST");
  assert.equal((await safe(client.panics())).error.code, "INTERNAL_SERVER_ERROR");
  assert.equal((await safe(client.nothing())).error.code, "NOT_FOUND");
  const got = await fetch(`${host.origin}/rpc/greet?data=${encodeURIComponent('{"json":"Bob"}')}`);
  assert.deepEqual(await got.json(), { json: "Hello Bob" });
});

test("paths without a room, requests without an upgrade, and pages of other origins are refused", async () => {
  const status = async (path, headers = {}) => {
    const response = await host.miniflare.dispatchFetch(`${host.origin}${path}`, { headers });
    response.webSocket?.accept();
    response.webSocket?.close();
    if (!response.webSocket) await response.text();
    return response.status;
  };
  const upgrade = { upgrade: "websocket" };
  assert.equal(await status("/rooms/lobby?user=ada"), 426);
  assert.equal(await status("/rooms/", upgrade), 404);
  assert.equal(await status(`/rooms/${"x".repeat(257)}`, upgrade), 404);
  assert.equal(await status("/elsewhere", upgrade), 404);
  assert.equal(await status("/rooms/lobby?user=ada", upgrade), 101);
  assert.equal(await status("/rooms/lobby?user=ada", { ...upgrade, origin: host.origin }), 101);
  assert.equal(await status("/rooms/lobby?user=ada", { ...upgrade, origin: "https://app.example" }), 101);
  for (const origin of ["https://evil.example", "null", "https://app.example.evil", "http://app.example", "nonsense"]) {
    assert.equal(await status("/rooms/lobby?user=ada", { ...upgrade, origin }), 403, origin);
  }
});

test("names of rooms are decoded", async () => {
  const { client, close } = await host.open("caf%C3%A9%2F1", "user=ada");
  assert.equal(await client.name(), "café/1");
  close();
});

test("the proxy passes method, path, query, headers, body and status", async () => {
  const response = await fetch(`${host.origin}/backend/a%20b?c=d`, { method: "POST", body: "text", headers: { "x-own": "1" } });
  assert.equal(response.status, 201);
  assert.equal(await response.text(), "text");
  const header = (name) => response.headers.get(name);
  assert.deepEqual([header("x-method"), header("x-url"), header("x-own")], ["POST", "/base/backend/a%20b?c=d", "1"]);
});

test("a hundred evictions lose and repeat no message", async () => {
  const [ada, bob] = [await host.open("evictions", "user=ada"), await host.open("evictions", "user=bob")];
  const inboxes = [await ada.client.onMessage(), await bob.client.onMessage()];
  const seen = [[], []];
  const reading = inboxes.map(async (inbox, at) => {
    for await (const { text } of inbox) {
      seen[at].push(text);
      if (text === "end") return;
    }
  });
  const sent = [];
  const rounds = Number(process.env.EVICTIONS ?? 100);
  for (let n = 0; n < rounds; n += 1) {
    const text = String(n);
    sent.push(text);
    // Half of them while the call runs, where the object is in memory at the time.
    const evicted = n % 2 ? evictedMeanwhile(host.evict("evictions")) : undefined;
    assert.equal(await ada.client.say({ text }), 2);
    await (evicted ?? host.evict("evictions"));
  }
  await ada.client.say({ text: "end" });
  await within(Promise.all(reading));
  assert.deepEqual(seen, [[...sent, "end"], [...sent, "end"]]);
  ada.close();
  bob.close();
});

test("a stream that is always ready leaves room for other calls, and is returned from", async () => {
  const [ada, bob] = [await host.open("endless", "user=ada"), await host.open("endless", "user=bob")];
  const endless = await within(ada.client.endless());
  for (let n = 0; n < 300; n += 1) assert.equal((await within(endless.next())).value, n);
  assert.equal(await within(bob.client.divide([4, 2])), 2);
  await within(endless.return());
  assert.equal(await within(ada.client.divide([4, 2])), 2);
  await within(host.evict("endless"));
  ada.close();
  bob.close();
});

test("a client that leaves during a call ends it, and the object can be evicted", async () => {
  const { client, websocket, closed, close } = await host.open("leaving", "user=ada");
  const waiting = safe(client.wait(60_000));
  // Answered while the other call runs.
  await client.name();
  websocket.close();
  await within(closed);
  assert.equal((await waiting).isSuccess, false);
  await within(host.evict("leaving"));
  const again = await host.open("leaving", "user=ada");
  assert.equal(await within(again.client.divide([4, 2])), 2);
  again.close();
  close();
});

test("times of a warm call and of the first after an eviction", async (t) => {
  const { client, close } = await host.open("times", "user=ada");
  const times = { cold: [], warm: [] };
  const timed = async (kind) => {
    const start = performance.now();
    await client.divide([4, 2]);
    times[kind].push(performance.now() - start);
  };
  for (let n = 0; n < 15; n += 1) {
    await host.evict("times");
    await timed("cold");
    await timed("warm");
  }
  const median = (list) => list.sort((a, b) => a - b)[list.length >> 1].toFixed(1);
  t.diagnostic(`first call after an eviction ${median(times.cold)} ms, warm call ${median(times.warm)} ms`);
  close();
});
