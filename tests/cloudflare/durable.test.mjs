// Durable iterators whose channels are rooms, by the npm package, in a process and on a Durable Object: the same cases.
// On the object, `evict` removes the channel from memory.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { after, afterEach, before, describe, test } from "node:test";
import { createORPCClient, safe } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { DurableIteratorLinkPlugin, durableIteratorId } from "../../packages/durable-iterator/dist/index.js";
// Ids of events are known to the copy of the library that the package uses.
import { getEventMeta } from "../../packages/durable-iterator/node_modules/@orpc/client/dist/index.mjs";
import { DurableObject, KEYS, Process, evictedMeanwhile, next, take, texts, until, within } from "./hosts.mjs";

for (const Host of [Process, DurableObject]) {
  describe(Host.name, () => {
    let host;
    before(async () => (host = await Host.start()));
    after(() => host.stop());

    /** A channel of its own for each case. */
    let channels = 0;
    const named = () => `channel-${(channels += 1)}`;
    const sockets = (path) => `${host.origin.replace(/^http/u, "ws")}${path}`;
    const opened = [];
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((iterator) => iterator.return()));
    });

    /** A client, and the sockets that it opens. Its URLs are those of the host at the time. */
    const app = (options = {}, path = "/durable") => {
      const own = [];
      class Recorded extends WebSocket {
        constructor(url) {
          super(url);
          own.push(this);
        }
      }
      const plugin = new DurableIteratorLinkPlugin({
        url: () => sockets(path),
        backoff: { initialMs: 5, maxMs: 50 },
        timeouts: { connectMs: 2000 },
        WebSocket: Recorded,
        ...options,
      });
      const client = createORPCClient(new RPCLink({ url: () => `${host.origin}/app`, plugins: [plugin] }));
      /** Closes the open sockets, as a network that fails. */
      const cut = () => own.filter((it) => it.readyState === WebSocket.OPEN).forEach((it) => it.close());
      return { client, own, cut };
    };

    const open = async (input, options, call) => {
      const { client, ...rest } = app(options);
      const iterator = await client.open({ name: "ada", ...input }, call);
      opened.push(iterator);
      return { iterator, client, ...rest };
    };
    const evict = (channel) => host.evict(channel, "LobbyObject");
    const tell = (channel, text, input = {}) => app().client.tell({ channel, text, ...input });

    /** Publishes as another service. */
    const post = (body, { key = KEYS.PUBLISH_KEY, path = "/events/publish", ...init } = {}) =>
      fetch(`${host.origin}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
        body: typeof body === "string" ? body : JSON.stringify({ json: body }),
        ...init,
      });
    const event = (channel, text, more = {}) => ({ channel, event: { from: "http", text }, ...more });

    test("events of methods, of procedures elsewhere and of other services, and their audiences", async () => {
      const channel = named();
      const ada = await open({ channel, tags: ["staff"] });
      const bob = await open({ channel, name: "bob" });
      for (const evicts of [false, true, true]) {
        const act = async (call) => {
          if (evicts) await evict(channel);
          return call();
        };
        await act(() => ada.iterator.say("hi"));
        assert.deepEqual(await next(bob.iterator), { from: "ada", text: "hi" });
        await act(() => tell(channel, "staff", { tags: ["staff"] }));
        await act(() => tell(channel, "bob", { targets: [durableIteratorId(bob.iterator)] }));
        const response = await act(() => post(event(channel, "all but ada", { exclude: [durableIteratorId(ada.iterator)] })));
        assert.equal(response.status, 200);
        await act(() => tell(channel, "end"));
        assert.deepEqual(texts(await take(ada.iterator, 2)), ["staff", "end"]);
        assert.deepEqual(texts(await take(bob.iterator, 3)), ["bob", "all but ada", "end"]);
      }
    });

    test("methods are those of the token, nested ones too, and the socket has an attachment of its own", async () => {
      const channel = named();
      const { iterator } = await open({ channel, tags: ["a", "b"], ttl: 600 });
      await iterator.tools.attach("own");
      await evict(channel);
      assert.equal(await iterator.tools.describe(), 'Some("ada") ["a", "b"] Some("own") /durable');
      assert.equal(await iterator.tools.count(), 1);
      assert.equal((await safe(iterator.kick("c.x"))).error.code, "FORBIDDEN");
      assert.equal((await safe(iterator.tools.missing())).error.code, "NOT_FOUND");
      assert.equal((await safe(iterator.say(1))).error.code, "BAD_REQUEST");
    });

    test("a reader that comes back gets what it missed, once and in order, over evictions", async () => {
      const channel = named();
      const { iterator, own, cut } = await open({ channel });
      const sent = [];
      const write = async (count) => {
        for (let n = 0; n < count; n += 1) {
          sent.push(String(sent.length));
          await tell(channel, sent.at(-1));
        }
      };
      // Before its first event.
      cut();
      await write(3);
      assert.deepEqual(texts(await take(iterator, 3)), sent);
      await write(2);
      cut();
      await evict(channel);
      await write(40);
      await evict(channel);
      assert.deepEqual(texts(await take(iterator, 42)), sent.slice(3));
      assert.ok(own.length >= 3, `${own.length} sockets`);
      await write(1);
      const seen = getEventMeta(await next(iterator)).id;
      await write(2);
      const later = await open({ channel }, {}, { lastEventId: seen });
      assert.deepEqual(texts(await take(later.iterator, 2)), sent.slice(-2));
    });

    test("a reader that catches up while events are published gets each once and in order", async () => {
      const channel = named();
      const first = await tell(channel, "0");
      const sent = ["0"];
      const write = async (count) => {
        const from = sent.length;
        for (let n = from; n < from + count; n += 1) sent.push(String(n));
        for (const text of sent.slice(from)) await tell(channel, text);
      };
      await write(60);
      for (let round = 0; round < 3; round += 1) {
        const writing = write(20);
        const { iterator } = await open({ channel, name: `reader ${round}` }, {}, { lastEventId: first });
        await writing;
        assert.deepEqual(texts(await take(iterator, sent.length - 1)), sent.slice(1));
      }
    });

    test("a reader that missed more than fits into a socket keeps its socket", async () => {
      const channel = named();
      const text = "x".repeat(200_000);
      const first = await tell(channel, text);
      for (let n = 0; n < 12; n += 1) await tell(channel, text);
      const { iterator, own } = await open({ channel }, {}, { lastEventId: first });
      await take(iterator, 12);
      assert.equal(own.length, 1);
    });

    test("evictions while events are published lose and repeat none", async () => {
      const channel = named();
      const readers = [await open({ channel }), await open({ channel, name: "bob" })];
      const sent = [];
      for (let n = 0; n < 40; n += 1) {
        sent.push(String(n));
        // Half of them meanwhile, where the object is in memory at the time.
        const evicted = n % 2 ? evictedMeanwhile(evict(channel)) : undefined;
        await tell(channel, String(n));
        await (evicted ?? evict(channel));
      }
      for (const { iterator, own } of readers) {
        assert.deepEqual(texts(await take(iterator, sent.length)), sent);
        assert.equal(own.length, 1);
      }
    });

    // It takes more than the 10 seconds after which workerd evicts an object. Each life of one has an epoch of its own.
    if (Host === DurableObject) test("an object without calls is evicted, and its reader gets the next event", async (t) => {
      const channel = named();
      const { iterator, own } = await open({ channel });
      const epoch = async () => (await tell(channel, "next")).split(".")[0];
      const before = await epoch();
      let count = 1;
      let seconds = 11;
      for (; seconds < 60; seconds += 5) {
        await new Promise((ok) => setTimeout(ok, seconds * 1000));
        count += 1;
        if ((await epoch()) !== before) break;
      }
      t.diagnostic(`evicted within ${seconds} s`);
      assert.ok(seconds < 60, "it is not evicted");
      await take(iterator, count);
      assert.equal(own.length, 1);
    });

    test("events survive a restart of the host", async () => {
      const channel = named();
      const { iterator } = await open({ channel });
      await tell(channel, "before");
      assert.equal((await next(iterator)).text, "before");
      await tell(channel, "unread");
      host = await host.restart();
      await tell(channel, "after");
      assert.deepEqual(texts(await take(iterator, 2)), ["unread", "after"]);
      const id = /^[0-9a-f]{32}\.4$/u;
      assert.match(await tell(channel, "fourth"), id);
    });

    test("a gap is told once events are older than the retention", async () => {
      const channel = named();
      const path = "/old-events/publish";
      const publish = async (text) => (await (await post(event(channel, text), { path })).json()).json.id;
      const first = await publish("first");
      await publish("second");
      const gaps = [];
      const { client } = app({ onGap: (gap) => gaps.push(gap) }, "/fleeting");
      await until(async () => {
        const iterator = await client.openFleeting(channel, { lastEventId: first });
        await publish("third");
        await next(iterator);
        await iterator.return();
        return gaps.length;
      }, (count) => count > 0);
      assert.deepEqual([gaps[0].reason, gaps[0].last], ["trimmed", first]);
      // Without `onGap` it is an error, behind which the events go on.
      const iterator = await app({}, "/fleeting").client.openFleeting(channel, { lastEventId: first });
      const { error } = await safe(within(iterator.next()));
      assert.deepEqual([error.code, error.status], ["EVENT_GAP", 410]);
    });

    test("tokens are renewed on the open socket, or end it", async () => {
      const channel = named();
      const renewed = await open({ channel, ttl: 3 }, { refreshTokenBeforeExpireInSeconds: 2, refreshTokenDelayInSeconds: 0.2 });
      const ending = await open({ channel, name: "bob", ttl: 1 });
      // The alarm wakes an object that was evicted.
      await evict(channel);
      const { error } = await safe(within(ending.iterator.next()));
      assert.deepEqual([error.code, error.status], ["UNAUTHORIZED", 401]);
      const end = Date.now() + 4000;
      await until(async () => {
        await renewed.iterator.say("still here");
        return Date.now() > end;
      }, Boolean);
      await tell(channel, "for both tokens");
      const seen = await next(renewed.iterator);
      assert.deepEqual([seen.text, renewed.own.length], ["for both tokens", 1]);
    });

    test("a revoked client is closed and stays out, over evictions", async () => {
      const channel = named();
      const ada = await open({ channel });
      const bob = await open({ channel, name: "bob" });
      const closed = once(bob.own[0], "close");
      assert.equal(await ada.iterator.kick(durableIteratorId(bob.iterator)), 1);
      const [{ code, reason }] = await within(closed);
      assert.deepEqual([code, reason], [1008, "Token revoked"]);
      assert.equal((await safe(within(bob.iterator.next()))).isSuccess, false);
      await evict(channel);
      assert.equal(await status(new URL(bob.own[0].url)), 401);
      assert.equal(await status(new URL(ada.own[0].url)), 101);
    });

    /** Status of the response to an upgrade. */
    const status = (url, headers = { connection: "Upgrade", upgrade: "websocket" }) =>
      new Promise((ok, fail) => {
        const handshake = { "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" };
        const target = { host: url.hostname, port: url.port, path: url.pathname + url.search };
        const asked = request({ ...target, headers: { ...headers, ...handshake } });
        asked.on("response", (response) => ok(response.resume().statusCode));
        asked.on("upgrade", (response, socket) => ok((socket.destroy(), response.statusCode)));
        asked.on("error", fail).end();
      });

    test("an id that its client chose belongs to its token, over evictions", async () => {
      const channel = named();
      const ada = await open({ channel, ownId: true }, { createId: () => "chosen" });
      assert.equal(durableIteratorId(ada.iterator), "chosen");
      await ada.iterator.tools.count();
      await evict(channel);
      const url = new URL(ada.own[0].url);
      assert.equal(await status(url), 101);
      url.searchParams.set("id", "another");
      assert.equal(await status(url), 401);
      const bob = await open({ channel, name: "bob", ownId: true }, { createId: () => "own" });
      await bob.iterator.tools.count();
      const theirs = new URL(bob.own[0].url);
      theirs.searchParams.set("id", "chosen");
      assert.equal(await status(theirs), 401);
    });

    test("requests without valid tokens get no socket", async () => {
      const at = (query) => new URL(`${host.origin}/durable${query}`);
      assert.equal(await status(at("")), 401);
      assert.equal(await status(at("?id=x")), 401);
      assert.equal(await status(at("?id=x&token=")), 401);
      assert.equal(await status(at("?id=x&token=y")), 401);
      assert.equal(await status(at("?id=x&token=y"), {}), 426);
      const { own } = await open({ channel: named() });
      const url = new URL(own[0].url);
      assert.equal(await status(url), 101);
      const token = url.searchParams.get("token");
      url.searchParams.set("token", token.replace("channel", "hallway"));
      assert.equal(await status(url), 401);
    });

    test("another service publishes with its key, once for each idempotency key", async () => {
      const channel = named();
      const { iterator } = await open({ channel });
      const first = await post(event(channel, "once", { idempotencyKey: "order-17" }));
      const { json } = await first.json();
      assert.deepEqual([first.status, Object.keys(json)], [200, ["id"]]);
      await evict(channel);
      const again = await post(event(channel, "again", { idempotencyKey: "order-17" }));
      assert.deepEqual(await again.json(), { json });
      // From another process.
      const script = `
        const [url, key, body] = process.argv.slice(1);
        const headers = { "content-type": "application/json", authorization: "Bearer " + key };
        const response = await fetch(url, { method: "POST", headers, body });
        process.exit(response.status === 200 ? 0 : 1);`;
      const body = JSON.stringify({ json: event(channel, "from a process") });
      const args = ["--input-type=module", "-e", script, `${host.origin}/events/publish`, KEYS.PUBLISH_KEY, body];
      const [code] = await once(spawn(process.execPath, args, { stdio: "inherit" }), "exit");
      assert.equal(code, 0);
      const seen = await take(iterator, 2);
      assert.deepEqual(texts(seen), ["once", "from a process"]);
      assert.equal(getEventMeta(seen[0]).id, json.id);
    });

    /** Status of the response to a body that the server does not read: the connection may be reset behind it. */
    const tooLarge = (body) =>
      new Promise((ok, fail) => {
        const { hostname, port } = new URL(host.origin);
        const headers = { "content-type": "application/json", authorization: `Bearer ${KEYS.PUBLISH_KEY}` };
        const asked = request({ hostname, port, path: "/events/publish", method: "POST", headers });
        asked.on("response", (response) => ok(response.resume().statusCode));
        asked.on("error", fail).end(body);
      });

    test("publishing without a valid key or input is refused, and publishes nothing", async () => {
      const channel = named();
      const { iterator } = await open({ channel });
      const refused = async (body, init, expected) => {
        const response = await post(body, init);
        const { json } = await response.json();
        assert.deepEqual([response.status, json.code], expected, JSON.stringify(init));
        assert.ok(!JSON.stringify(json).includes(KEYS.PUBLISH_KEY));
        return json;
      };
      for (const key of [null, "", "x", `${KEYS.PUBLISH_KEY} `.toUpperCase(), KEYS.PUBLISH_KEY.slice(1)]) {
        await refused(event(channel, "no"), { key }, [401, "UNAUTHORIZED"]);
        await refused("{", { key }, [401, "UNAUTHORIZED"]);
      }
      const invalid = await refused(event(channel, ""), {}, [400, "BAD_REQUEST"]);
      assert.deepEqual(invalid.data.issues[0].path, ["event", "text"]);
      await refused(event("", "no"), {}, [400, "BAD_REQUEST"]);
      await refused(event("x".repeat(300), "no"), {}, [400, "BAD_REQUEST"]);
      await refused(event(channel, "no", { idempotencyKey: "" }), {}, [400, "BAD_REQUEST"]);
      await refused("{", {}, [400, "BAD_REQUEST"]);
      assert.equal(await tooLarge(JSON.stringify({ json: event(channel, "x".repeat(2 << 20)) })), 413);
      await refused(undefined, { method: "PUT", path: "/events/publish", body: "{}" }, [400, "BAD_REQUEST"]);
      assert.equal((await post(event(channel, "no"), { path: "/events/elsewhere" })).status, 404);
      await tell(channel, "only this");
      assert.equal((await next(iterator)).text, "only this");
    });
  });
}
