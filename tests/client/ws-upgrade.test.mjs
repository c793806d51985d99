// The upgrade to a WebSocket: origins, paths, and the caller of its calls.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ORPCError } from "@orpc/client";
import { errorOf } from "./support/errors.mjs";
import { TIME_LIMIT } from "./support/eventually.mjs";
import { assertValue, send } from "./support/http.mjs";
import { answer, openPeer, request } from "./support/peer.mjs";
import { RawSocket, TEXT, frame, upgrade } from "./support/upgrade.mjs";
import { closeSocket, wsLink } from "./support/ws-link.mjs";
import { useWorld } from "./support/world.mjs";

const world = useWorld(wsLink);
const together = { ...TIME_LIMIT, concurrency: 16 };

/** The status that a request to upgrade is answered with. */
async function statusOf(options) {
  const { status, headers, socket } = await upgrade(world.origin, options);
  socket?.destroy();
  return { status, headers };
}

/** Opens a socket, and checks that a call over it is answered; returns the headers of the response. */
async function assertServes(options) {
  const raw = await RawSocket.open(world.origin, options);
  await raw.write(frame(TEXT, JSON.stringify(request("1", "/ping"))));
  assert.equal(await raw.nextText(), answer("1", "pong"));
  raw.close();
  return raw.headers;
}

const host = () => new URL(world.origin).host;
const port = () => new URL(world.origin).port;

describe("a request to upgrade", together, () => {
  it("is answered as the standard says, to the key of its example", async () => {
    const { status, headers } = await statusOf();
    assert.equal(status, 101);
    assert.equal(headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert.equal(headers.upgrade.toLowerCase(), "websocket");
    assert.equal(headers.connection.toLowerCase(), "upgrade");
    assert.equal(headers["sec-websocket-extensions"], undefined);
    assert.equal(headers["sec-websocket-protocol"], undefined);
  });

  for (const [title, options] of [
    ["with a query", { path: "/ws?token=a%20b&x" }],
    ["in other letters", { headers: { connection: "keep-alive, upgrade", upgrade: "WebSocket" } }],
    ["with another key", { headers: { "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" } }],
    ["with the key of RFC 6455, section 4.1", { headers: { "sec-websocket-key": "AQIDBAUGBwgJCgsMDQ4PEC==" } }],
    ["with unknown extensions", { headers: { "sec-websocket-extensions": "x-nobody; a=1, y" } }],
    ["with cookies and an agent", { headers: { cookie: "a=1; b=2", "user-agent": "x".repeat(1000) } }],
  ]) {
    it(`opens a socket ${title}`, () => assertServes(options));
  }

  for (const offered of ["orpc", "orpc, v1", "graphql-ws", "a,b"]) {
    it(`opens a socket whatever subprotocols are offered: ${offered}`, async () => {
      const headers = await assertServes({ headers: { "sec-websocket-protocol": offered } });
      const chosen = headers["sec-websocket-protocol"];
      assert.ok(chosen === undefined || offered.split(/, ?/).includes(chosen), `${chosen}`);
    });
  }

  it("with compression offered opens a socket that answers large and small", async () => {
    const peer = await openPeer(world.origin, { perMessageDeflate: { threshold: 0 } });
    const input = { room: "r", text: "t", tags: ["x".repeat(100_000)] };
    for (const message of [request("1", "/echo", input), request("2", "/echo", { ...input, tags: [] })]) {
      peer.send(message);
      assert.equal(await peer.next(), answer(message.i, message.p.b.json));
    }
    await closeSocket(peer.socket);
  });

  for (const path of ["/", "/wsx", "/ws/nope", "/socket", "/WS"]) {
    it(`to ${path} is 404`, async () => assert.equal((await statusOf({ path })).status, 404));
  }

  it("to a procedure of HTTP does not open a socket", async () => {
    const { status } = await statusOf({ path: "/rpc/ping" });
    assert.notEqual(status, 101);
    assertValue(await send(world.origin, "/rpc/ping"), "pong");
  });

  for (const [title, options, statuses] of [
    ["a version before", { headers: { "sec-websocket-version": "12" } }, [400, 426]],
    ["a version to come", { headers: { "sec-websocket-version": "14" } }, [400, 426]],
    ["a version that is none", { headers: { "sec-websocket-version": "x" } }, [400, 426]],
    ["no version", { headers: { "sec-websocket-version": undefined } }, [400, 426]],
    ["no key", { headers: { "sec-websocket-key": undefined } }, [400, 426]],
    ["another protocol", { headers: { upgrade: "h2c" } }, [400, 426]],
    ["no upgrade in Connection", { headers: { connection: "keep-alive" } }, [400, 426]],
    ["POST", { method: "POST" }, [400, 405, 426]],
  ]) {
    it(`with ${title} is ${statuses.join(" or ")}`, async () => {
      const { status } = await statusOf(options);
      assert.ok(statuses.includes(status), `${status}`);
    });
  }
});

describe("a request that is not an upgrade", together, () => {
  for (const path of ["/ws", "/ws?x=1"]) {
    it(`GET ${path} is 426 and says to what to upgrade`, async () => {
      const { status, headers } = await send(world.origin, path, { method: "GET" });
      assert.equal(status, 426);
      assert.equal(headers.upgrade?.toLowerCase(), "websocket");
    });
  }

  it("POST is refused, and calls nothing", async () => {
    const body = JSON.stringify(request("1", "/ping"));
    const { status, text } = await send(world.origin, "/ws", { headers: { "content-type": "application/json" }, body });
    assert.ok([405, 426].includes(status), `${status}`);
    assert.doesNotMatch(text, /pong/);
  });
});

describe("the Origin of a request to upgrade", together, () => {
  const of = (origin, more) => ({ headers: { origin, ...more } });

  it("may be left out", () => assertServes());

  it("may be that of the server", () => assertServes(of(world.origin)));

  for (const name of ["chat.example", "chat.example:8443", "localhost:3939", "[::1]:3939"]) {
    it(`may be that of the Host ${name}, with or without TLS before it`, async () => {
      for (const scheme of ["http", "https"]) await assertServes(of(`${scheme}://${name}`, { host: name }));
    });
  }

  for (const [origin, name, forwarded] of [
    ["https://app.example", "app.example:443"],
    ["http://app.example", "app.example:80"],
    ["https://APP.example", "app.EXAMPLE"],
    ["https://app.example", "app.example", "https"],
    ["http://app.example", "app.example", "http"],
    ["http://[::1]:3939", "[::1]:3939", "http"],
  ]) {
    it(`may be ${origin} where the Host is ${name}${forwarded ? ` by ${forwarded}` : ""}`, () =>
      assertServes(of(origin, { host: name, ...(forwarded && { "x-forwarded-proto": forwarded }) })));
  }

  for (const [origin, name, forwarded] of [
    ["http://app.example", "app.example:443"],
    ["https://app.example", "app.example:80"],
    ["http://app.example", "app.example", "https"],
    ["https://app.example", "app.example", "http"],
    ["ftp://app.example", "app.example"],
  ]) {
    it(`is refused with 403 when it is ${origin} where the Host is ${name}${forwarded ? ` by ${forwarded}` : ""}`, async () => {
      const headers = { host: name, ...(forwarded && { "x-forwarded-proto": forwarded }) };
      assert.equal((await statusOf(of(origin, headers))).status, 403);
    });
  }

  for (const [title, origin] of [
    ["another host", () => "http://evil.example"],
    ["another host with TLS", () => "https://evil.example"],
    ["another host on the same port", () => `http://evil.example:${port()}`],
    ["another port of the same host", () => "http://127.0.0.1:1"],
    ["a host that ends like this one", () => `http://evil.${host()}`],
    ["another host with this one in its path", () => `http://evil.example/${host()}`],
    ["another host with this one as its user", () => `http://${host()}@evil.example`],
    ["null, as that of a sandbox", () => "null"],
    ["an empty text", () => ""],
    ["no URL", () => "evil"],
    ["bytes that are no ASCII", () => "http://\u00e9vil.example"],
  ]) {
    it(`is refused with 403 when it is ${title}`, async () => {
      assert.equal((await statusOf(of(origin()))).status, 403);
    });
  }

  for (const origin of [
    "https://chat.example.evil.example",
    "https://evilchat.example",
    "https://chat.exampl",
    "https://chat.example:8443",
    "https://chat.example@evil.example",
    "https://chat.example evil.example",
  ]) {
    it(`is refused with 403 when it is ${origin}, which only looks like that of the Host`, async () => {
      assert.equal((await statusOf(of(origin, { host: "chat.example" }))).status, 403);
    });
  }

  it("is looked at with every caller: a bearer does not make up for it", async () => {
    assert.equal((await statusOf(of("http://evil.example", { authorization: "Bearer alice" }))).status, 403);
  });

  it("that is refused leaves the server open to others", async () => {
    for (let turn = 0; turn < 20; turn++) await statusOf(of("http://evil.example"));
    await assertServes(of(world.origin));
  });
});

describe("the caller of a call over WebSocket", together, () => {
  const bearer = (name) => ({ authorization: `Bearer ${name}` });

  it("is the bearer of the upgrade, for every call", async () => {
    const client = world.client({ upgrade: bearer("alice") });
    for (let turn = 0; turn < 3; turn++) assert.deepEqual(await client.account.whoAmI(), { name: "alice" });
  });

  it("is that of its own socket", async () => {
    const names = ["alice", "bob", "carol"];
    const clients = names.map((name) => world.client({ upgrade: bearer(name) }));
    const answers = await Promise.all(clients.map((client) => client.account.whoAmI()));
    assert.deepEqual(
      answers,
      names.map((name) => ({ name })),
    );
  });

  it("is the bearer of the call itself, before that of the upgrade, and for that call alone", async () => {
    const headers = ({ context }) => (context.name ? bearer(context.name) : {});
    const client = world.client({ upgrade: bearer("alice"), headers });
    for (const name of ["bob", undefined, "carol", undefined]) {
      assert.deepEqual(await client.account.whoAmI(undefined, { context: { name } }), { name: name ?? "alice" });
    }
    const names = Array.from({ length: 50 }, (_, index) => (index % 2 ? `caller-${index}` : undefined));
    const answers = await Promise.all(names.map((name) => client.account.whoAmI(undefined, { context: { name } })));
    assert.deepEqual(
      answers,
      names.map((name) => ({ name: name ?? "alice" })),
    );
  });

  it("is the bearer of the call on a socket without one", async () => {
    assert.deepEqual(await world.client({ headers: bearer("dave") }).account.whoAmI(), { name: "dave" });
  });

  it("is anonymous without either", async () => {
    const error = await errorOf(world.client().account.whoAmI());
    assert.ok(error instanceof ORPCError);
    assert.deepEqual([error.code, error.status], ["UNAUTHORIZED", 401]);
  });

  it("is anonymous with another scheme at the upgrade", async () => {
    const error = await errorOf(world.client({ upgrade: { authorization: "Basic YWxpY2U6cHc=" } }).account.whoAmI());
    assert.equal(error.code, "UNAUTHORIZED");
  });
});
