// The test page of a durable iterator.
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { DurableIteratorLinkPlugin, durableIteratorId } from "../../dist/index.js";

globalThis.talk = async (url) => {
  const plugins = [new DurableIteratorLinkPlugin({ url, backoff: { initialMs: 5, maxMs: 50 } })];
  const client = createORPCClient(new RPCLink({ url: `${location.origin}/rpc`, plugins }));
  const room = await client.room.open({ room: "browser", name: "Page" });
  const id = durableIteratorId(room);
  const pong = await room.tools.ping();
  const texts = [];
  for (let number = 0; number < 20; number += 1) {
    await room.say({ text: `${number}` });
    if (number % 7 === 3) {
      await globalThis.cutLine();
      // It may not know yet that its line is cut.
      await room.tools.ping().catch(() => room.tools.ping());
    }
  }
  while (texts.length < 20) texts.push((await room.next()).value.text);
  const isOneId = durableIteratorId(room) === id;
  const forbidden = await room.secret().catch(({ code }) => code);
  const pending = room.next();
  await room.return();
  const afterEnd = await room.tools.ping().catch(({ message }) => message);
  return { pong, texts, isOneId, forbidden, end: await pending, afterEnd };
};

/** Ends iterators while a method runs whose message got lost: what the method fails with, each time. */
globalThis.leave = async (url) => {
  let lost = 0;
  class Lossy extends WebSocket {
    send(message) {
      if (String(message).includes("never heard")) lost += 1;
      else super.send(message);
    }
  }
  const plugins = [new DurableIteratorLinkPlugin({ url, WebSocket: Lossy })];
  const client = createORPCClient(new RPCLink({ url: `${location.origin}/rpc`, plugins }));
  const later = () => new Promise((resolve) => setTimeout(resolve, 5));
  const errors = [];
  for (const way of ["return", "break", "signal"]) {
    const stop = new AbortController();
    const room = await client.room.open({ room: `left by ${way}`, name: "Page" }, { signal: stop.signal });
    await room.say({ text: "heard" });
    const before = lost;
    const failed = room.say({ text: "never heard" }, { signal: stop.signal }).catch(({ name }) => name);
    while (lost === before) await later();
    if (way === "return") await room.return();
    if (way === "break") for await (const _ of room) break;
    if (way === "signal") stop.abort();
    errors.push(await failed);
  }
  // Unhandled rejections are reported a little later.
  await later();
  return errors;
};

/** Reads and calls over a line that goes dark without an end, and in a page that is as one without TLS. */
globalThis.freeze = async (url) => {
  Object.defineProperty(crypto, "randomUUID", { value: undefined });
  const timeouts = { connectMs: 300, silenceMs: 100, answerMs: 300 };
  const plugins = [new DurableIteratorLinkPlugin({ url, timeouts, backoff: { initialMs: 5, maxMs: 50 } })];
  const client = createORPCClient(new RPCLink({ url: `${location.origin}/rpc`, plugins }));
  const room = await client.room.open({ room: "frozen", name: "Page" });
  await globalThis.freezeLine();
  const swallowed = await room.say({ text: "swallowed" }).catch(({ name }) => name);
  await globalThis.thawLine();
  await room.say({ text: "heard" });
  const { value } = await room.next();
  await room.return();
  return [swallowed, value.text];
};
