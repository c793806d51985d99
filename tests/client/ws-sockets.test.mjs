// A socket whose client reads nothing, and the answers to its calls, message by message.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countAlive } from "./support/alive.mjs";
import { TIME_LIMIT, eventually, soon } from "./support/eventually.mjs";
import { OFTEN, UNTIL_GIVEN_UP } from "./support/given-up.mjs";
import { abort, answer, openPeer, request, streamEvent, streamHead } from "./support/peer.mjs";
import { drain, numbered } from "./support/streams.mjs";
import { closeSocket, wsLink } from "./support/ws-link.mjs";
import { useWorld } from "./support/world.mjs";

const world = useWorld(wsLink);

describe("a socket", TIME_LIMIT, () => {
  const { liveTicks, assertNothingLives } = countAlive(world);

  it("brings nothing of a stream after its abort was taken", async () => {
    const peer = await openPeer(world.origin);
    peer.send(request("1", "/stream/ticks", OFTEN));
    assert.equal(await peer.next(), streamHead("1"));
    await peer.take(10);
    peer.send(abort("1"));
    await eventually("no stream", liveTicks, 0);
    peer.send(request("2", "/ping"));
    await peer.before(answer("2", "pong"));
    peer.send(request("3", "/slow/wait", { ms: 100 }));
    assert.deepEqual(await peer.before(answer("3", "done")), []);
    await closeSocket(peer.socket);
  });

  it("that opens and closes without a call leaves nothing, 200 times", async () => {
    for (let turn = 0; turn < 200; turn++) await closeSocket((await openPeer(world.origin)).socket);
    await assertNothingLives();
  });
});

describe("a socket that does not read", TIME_LIMIT, () => {
  const { liveTicks, liveWaits, assertNothingLives } = countAlive(world);

  const TO = 300_000;

  /** Opens a socket that asks for much and reads none of it. */
  async function openStalled(input = { to: TO }) {
    const peer = await openPeer(world.origin);
    peer.send(request("1", "/count", input));
    assert.equal(await peer.next(), streamHead("1"));
    peer.socket.pause();
    return peer;
  }

  it("holds up no other socket, neither calls nor streams", async () => {
    const stalled = await Promise.all([openStalled(), openStalled(), openStalled()]);
    const client = world.client();
    for (let turn = 0; turn < 100; turn++) assert.equal(await soon("the answer", client.ping()), "pong");
    const values = await soon("the values", drain(await client.count({ to: 1000 })));
    assert.deepEqual(values, { values: numbered(1000), returned: undefined });
    for (const { socket } of stalled) socket.terminate();
  });

  it("loses nothing in silence: it gets every value, or an error, or is closed", async (test) => {
    const peer = await openStalled();
    const client = world.client();
    for (let turn = 0; turn < 100; turn++) assert.equal(await client.ping(), "pong");

    peer.socket.resume();
    let next = 0;
    let last;
    while ((last = await peer.nextOrEnd()) === streamEvent("1", "message", { n: next })) next++;
    const code = last === undefined ? await peer.closeCode() : undefined;
    test.diagnostic(`${next} of ${TO} values, then ${last ?? code}`);
    if (last === streamEvent("1", "done")) assert.equal(next, TO);
    else if (last !== undefined) assert.match(last, /^\{"i":"1","t":3,"p":\{"e":"error",/);
    else assert.ok([1008, 1013].includes(code), `closed with ${code}`);
    await closeSocket(peer.socket);
  });

  it("leaves nothing alive when it is dropped", async () => {
    const peer = await openStalled();
    for (const id of ["a", "b"]) peer.send(request(id, "/stream/ticks", OFTEN));
    peer.send(request("c", "/slow/wait", UNTIL_GIVEN_UP));
    await eventually("two streams", liveTicks, 2);
    await eventually("one call", liveWaits, 1);
    peer.socket.terminate();
    await assertNothingLives();
  });
});
