// The endpoint of durable iterators with the official client: its peer over a WebSocket, with its retries.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createORPCClient, getEventMeta } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import { ClientRetryPlugin } from "@orpc/client/plugins";
import { assertORPCError, errorOf } from "./support/errors.mjs";
import { TIME_LIMIT, soon } from "./support/eventually.mjs";
import { httpLink } from "./support/http-link.mjs";
import { upgrade } from "./support/upgrade.mjs";
import { useWorld } from "./support/world.mjs";
import { closeSocket, openSocket } from "./support/ws-link.mjs";

const world = useWorld(httpLink);

/** A server whose tokens leave the choice of the id to the client, as the official plugin needs it. */
const official = useWorld(httpLink, { ROOM_IDS: "clients" });

let rooms = 0;
const room = () => `room ${(rooms += 1)}`;

const payloadOf = (token) => JSON.parse(token.slice(0, token.lastIndexOf(".")));

const path = (id, token) => `/durable?${new URLSearchParams([["id", id], ["token", token]])}`;

/** A token, as a client without the plugin gets it. */
const tokenFor = (name, where, from = official) => from.client().room.open({ room: where, name });

/** The procedures on a separate socket. The client chooses the id, as the official one does. */
function seat(t, token, { id = crypto.randomUUID(), ...options } = {}) {
  const socket = openSocket(official.origin, { path: path(id, token) });
  t.after(() => closeSocket(socket));
  const client = createORPCClient(new RPCLink({ websocket: socket, ...options }));
  return { socket, client, call: (names, input, rest) => client.call({ path: names, input }, rest) };
}

const next = async (iterator) => (await soon("an event", iterator.next())).value;

describe("a response with a durable iterator", TIME_LIMIT, () => {
  it("is marked by its header, and is a token with the claims in their order", async () => {
    const body = JSON.stringify({ json: { room: "lobby", name: "Ada" } });
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${world.origin}/rpc/room/open`, { method: "POST", body, headers });
    assert.equal(response.headers.get("x-orpc-durable-iterator"), "1");
    const { json: token, ...rest } = await response.json();
    assert.deepEqual(rest, {});
    const payload = payloadOf(token);
    assert.deepEqual(Object.keys(payload), ["chn", "att", "rpc", "iat", "exp", "cid"]);
    assert.deepEqual([payload.chn, payload.att, payload.rpc], ["lobby", { name: "Ada" }, ["say", "tools"]]);
    assert.equal(payload.exp - payload.iat, 86_400);
  });

  it("is no other response", async () => {
    const response = await fetch(`${world.origin}/rpc/ping`);
    assert.equal(response.headers.get("x-orpc-durable-iterator"), null);
  });
});

describe("the endpoint of durable iterators", TIME_LIMIT, () => {
  it("refuses invalid requests by their status", async () => {
    const token = await tokenFor("Ada", room(), world);
    const { cid } = payloadOf(token);
    const status = async (path, headers) => {
      const { status, socket } = await upgrade(world.origin, { path, headers });
      socket?.destroy();
      return status;
    };
    assert.equal(await status(path(cid, token), { upgrade: undefined, connection: undefined }), 426);
    assert.equal(await status("/durable"), 401);
    assert.equal(await status("/durable?id=x"), 401);
    assert.equal(await status(path("x", "y")), 401);
    assert.equal(await status(path(cid, token.replace("Ada", "Bob"))), 401);
    assert.equal(await status(path("c.another-that-is-given-out", token)), 401);
    assert.equal(await status(path(crypto.randomUUID(), token)), 401);
    // None of that affects the owner of the token.
    assert.equal(await status(path(cid, token)), 101);
  });

  it("accepts pages of every origin, since the token authenticates them", async () => {
    const token = await tokenFor("Ada", room(), world);
    const headers = { origin: "https://elsewhere.example" };
    const { status, socket } = await upgrade(world.origin, { path: path(payloadOf(token).cid, token), headers });
    assert.equal(status, 101);
    socket.destroy();
  });
});

describe("the official client on a durable iterator", TIME_LIMIT, () => {
  it("is bound to the id that it chose first", async (t) => {
    const where = room();
    const [ada, bob] = [await tokenFor("Ada", where), await tokenFor("Ada", where)];
    assert.notEqual(ada, bob);
    assert.equal(payloadOf(ada).cid, undefined);
    const id = crypto.randomUUID();
    assert.equal(await seat(t, ada, { id }).call(["tools", "ping"]), "pong");
    assert.equal((await upgrade(official.origin, { path: path(crypto.randomUUID(), ada) })).status, 401);
    assert.equal(await seat(t, bob).call(["tools", "ping"]), "pong");
  });

  it("reads, and calls methods", async (t) => {
    const where = room();
    const ada = seat(t, await tokenFor("Ada", where));
    const bob = seat(t, await tokenFor("Bob", where));
    const events = await ada.client.subscribe();
    assert.equal(await bob.call(["say"], { text: "hi" }), undefined);
    assert.deepEqual(await next(events), { from: "Bob", text: "hi" });
    assert.equal(await ada.call(["tools", "ping"]), "pong");
    assert.equal(await ada.call(["tools", "echo"], { text: "x" }), "x");
    const error = await errorOf(ada.call(["secret"]));
    assertORPCError(error, { code: "FORBIDDEN", status: 403, message: 'Method "secret" is not allowed.' });
  });

  it("updates its token, for the same channel alone", async (t) => {
    const where = room();
    const ada = seat(t, await tokenFor("Ada", where));
    assert.equal(await ada.client.updateToken({ token: await tokenFor("Ada", where) }), undefined);
    const elsewhere = await errorOf(ada.client.updateToken({ token: await tokenFor("Ada", room()) }));
    const message = "Updated token must have the same channel with the original token";
    assertORPCError(elsewhere, { code: "UNAUTHORIZED", status: 401, message });
    const invalid = await errorOf(ada.client.updateToken({ token: "x" }));
    assertORPCError(invalid, { code: "UNAUTHORIZED", status: 401, message: "Invalid Token" });
  });

  it("resumes behind the last event that it saw, with exactly what it missed", async (t) => {
    const where = room();
    const token = await tokenFor("Ada", where);
    const id = crypto.randomUUID();
    const first = seat(t, token, { id });
    const events = await first.client.subscribe();
    await first.call(["say"], { text: "one" });
    const { id: lastEventId } = getEventMeta(await next(events));
    await closeSocket(first.socket);
    const writer = seat(t, await tokenFor("Bob", where));
    for (const text of ["two", "three"]) await writer.call(["say"], { text });
    const again = await seat(t, token, { id }).client.subscribe(undefined, { lastEventId });
    await writer.call(["say"], { text: "four" });
    for (const text of ["two", "three", "four"]) assert.deepEqual(await next(again), { from: "Bob", text });
  });

  it("reads a gap as a typed error, and with its retries continues behind it", async (t) => {
    const where = room();
    const lastEventId = `${"0".repeat(32)}.1`;
    const plain = seat(t, await tokenFor("Ada", where));
    const error = await errorOf((await plain.client.subscribe(undefined, { lastEventId })).next());
    const { resume } = error.data;
    assertORPCError(error, {
      defined: true,
      code: "EVENT_GAP",
      status: 410,
      message: "Events are missing",
      data: { reason: "epoch", last: lastEventId, resume },
    });
    assert.equal(getEventMeta(error).id, resume);

    const retries = new ClientRetryPlugin({ default: { retry: Number.POSITIVE_INFINITY, retryDelay: 0 } });
    const retrying = seat(t, await tokenFor("Ada", where), { plugins: [retries] });
    const events = await retrying.client.subscribe(undefined, { lastEventId });
    const pending = next(events);
    await plain.call(["say"], { text: "after the gap" });
    assert.deepEqual(await pending, { from: "Ada", text: "after the gap" });
  });

  it("is refused with an invalid id", async (t) => {
    const { client } = seat(t, await tokenFor("Ada", room()));
    const error = await errorOf(client.subscribe(undefined, { lastEventId: "7" }));
    assertORPCError(error, { code: "BAD_REQUEST", status: 400, message: "Malformed last event id" });
  });
});
