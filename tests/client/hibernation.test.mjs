// Iterators that hibernate and follow a channel of a publisher: connections that are lost, sockets that do not read,
// and ends.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { createORPCClient, getEventMeta } from "@orpc/client";
import { ClientRetryPlugin } from "@orpc/client/plugins";
import { assertORPCError, errorOf } from "./support/errors.mjs";
import { TIME_LIMIT, soon } from "./support/eventually.mjs";
import { answer, openPeer, request, streamHead } from "./support/peer.mjs";
import { reconnectingWsLink } from "./support/reconnecting-ws-link.mjs";
import { serverIsForeign, startServer } from "./support/server.mjs";
import { numbered, take } from "./support/streams.mjs";
import { wsLink } from "./support/ws-link.mjs";
import { useWorld } from "./support/world.mjs";

const newChannel = () => `channel ${crypto.randomUUID()}`;
const arriving = (iterator, count) => soon(`${count} events`, take(iterator, count));

async function publish(client, channel, count, from = 0) {
  for (const payload of numbered(count, from)) await client.publisher.publish({ channel, payload });
}

describe("a hibernating reader of a publisher", TIME_LIMIT, () => {
  const world = useWorld(wsLink);
  const reconnecting = useWorld(reconnectingWsLink);

  it("resumes when its connection is lost, each event once and in order", async () => {
    const channel = newChannel();
    const plugins = [new ClientRetryPlugin({ default: { retry: 100, retryDelay: 5 } })];
    const { client, line } = await reconnecting.clientOverLine({ plugins });
    const writer = reconnecting.client();
    const iterator = await soon("the iterator", client.following.subscribe({ channel }));
    await publish(writer, channel, 1);
    assert.deepEqual(await arriving(iterator, 1), numbered(1));
    for (let turn = 1; turn < 5; turn++) {
      line.cut();
      await publish(writer, channel, 10, 1 + (turn - 1) * 10);
      assert.deepEqual(await arriving(iterator, 10), numbered(10, 1 + (turn - 1) * 10));
    }
    await iterator.return();
  });

  it("gets nothing after return(), and its id is free", async () => {
    const channel = newChannel();
    const client = world.client();
    for (let turn = 0; turn < 300; turn++) {
      // More than may be open at a time.
      const iterator = await soon("the iterator", client.following.subscribe({ channel }));
      await iterator.return();
      assert.deepEqual(await iterator.next(), { done: true, value: undefined });
    }
    const iterator = await client.following.subscribe({ channel });
    const [first] = await Promise.all([arriving(iterator, 1), publish(client, channel, 1)]);
    assert.deepEqual(first, numbered(1));
    await iterator.return();
  });

  it("does not read, and holds up none of the others; later it gets every event", async () => {
    const channel = newChannel();
    const stalled = await openPeer(world.origin);
    stalled.send(request("1", "/following/subscribe", { channel }));
    assert.equal(await stalled.next(), streamHead("1"));
    stalled.socket.pause();
    const clients = Array.from({ length: 30 }, () => world.client());
    const iterators = await Promise.all(clients.map((client) => client.following.subscribe({ channel })));
    // 100 events are retained, beyond what a socket may have unsent and what the kernel buffers.
    const payload = "x".repeat(100_000);
    const [writer] = clients;
    for (let n = 0; n < 90; n++) {
      await writer.publisher.publish({ channel, payload: { n, payload } });
      for (const iterator of iterators) {
        const { value } = await soon("the event", iterator.next());
        assert.equal(value.n, n);
      }
    }
    stalled.socket.resume();
    for (let n = 0; n < 90; n++) {
      const { t, p } = JSON.parse(await stalled.next());
      assert.deepEqual([t, p.e, p.d.json.n], [3, "message", n]);
    }
    stalled.send(request("2", "/ping"));
    assert.equal(await stalled.next(), answer("2", "pong"));
    stalled.socket.terminate();
    for (const iterator of iterators) await iterator.return();
  });

  if (!serverIsForeign) {
    it("ends with SERVICE_UNAVAILABLE when the server shuts down, and resumes at the next one", async () => {
      const server = await startServer();
      const { link, socket } = wsLink(server.origin);
      const client = createORPCClient(link);
      const channel = newChannel();
      const iterator = await client.following.subscribe({ channel });
      await publish(client, channel, 2);
      const [, last] = await arriving(iterator, 2);
      const ended = errorOf(soon("the end", iterator.next()));
      const closed = once(socket, "close");
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
      assertORPCError(await ended, { code: "SERVICE_UNAVAILABLE", status: 503, message: "Service Unavailable" });
      await closed;
      // Events in memory are lost with the server, and the reader is told.
      const next = world.client();
      const { id } = getEventMeta(last);
      const resumed = await next.following.subscribe({ channel }, { lastEventId: id });
      const error = await errorOf(soon("the gap", resumed.next()));
      assert.deepEqual([error.code, error.defined, error.data.last], ["EVENT_GAP", true, id]);
    });
  }
});
