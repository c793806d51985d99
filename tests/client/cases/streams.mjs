import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { consumeEventIterator, getEventMeta, isDefinedError } from "@orpc/client";
import { assertORPCError } from "../support/errors.mjs";
import { soon } from "../support/eventually.mjs";
import { drain, drainToError, numbered, take } from "../support/streams.mjs";

/** The two procedures that give every subscriber what is sent to the other half. */
const CHANNELS = [
  {
    name: "subscribe",
    subscribe: (client) => client.subscribe(),
    send: (client, topic, text) => client.publish({ at: "now", room: topic, text }),
    received: (topic, text) => ({ at: "now", room: topic, text }),
    isOf: (topic) => (event) => event.room === topic,
  },
  {
    name: "chat.onMessage",
    subscribe: (client) => client.chat.onMessage(),
    send: (client, topic, text) => client.chat.send({ message: `${topic} ${text}` }),
    received: (topic, text) => `${topic} ${text}`,
    isOf: (topic) => (message) => message.startsWith(topic),
  },
];

const texts = (count) => Array.from({ length: count }, (_, index) => `message ${index}`);

/** The next events of a channel, which come soon: one that is lost is not waited for. */
const arriving = (reader, count, filter) => soon(`${count} events`, take(reader, count, filter));

export function streams(world) {
  describe("streams", { concurrency: 8 }, () => {
    for (const after of [0, 1, 3, 1000]) {
      it(`stream.fail gives ${after} values and then its declared error`, async () => {
        const { values, error } = await drainToError(await world.client().stream.fail({ after }));
        assert.deepEqual(values, numbered(after));
        assert.ok(isDefinedError(error));
        assertORPCError(error, {
          defined: true,
          code: "RATE_LIMITED",
          status: 429,
          message: "Slow down",
          data: { retryAfter: 7 },
        });
      });
    }

    it("a stream that has ended stays ended", async () => {
      const iterator = await world.client().count({ to: 1 });
      await drain(iterator);
      assert.deepEqual(await iterator.next(), { done: true, value: undefined });
    });

    it("values have no id unless the procedure gives one", async () => {
      for await (const value of await world.client().count({ to: 3 })) assert.equal(getEventMeta(value)?.id, undefined);
    });

    it("consumeEventIterator sees every value and then the end", async () => {
      const seen = [];
      const outcome = await new Promise((resolve) => {
        consumeEventIterator(world.client().count({ to: 5 }), {
          onEvent: (value) => seen.push(value),
          onFinish: resolve,
        });
      });
      assert.deepEqual(seen, numbered(5));
      assert.deepEqual(outcome, [null, undefined, true]);
    });

    it("many streams run side by side on one client, each with its own values", async () => {
      const client = world.client();
      const lengths = Array.from({ length: 20 }, (_, index) => index * 7);
      const outcomes = await Promise.all(lengths.map(async (to) => drain(await client.count({ to }))));
      assert.deepEqual(
        outcomes,
        lengths.map((to) => ({ values: numbered(to), returned: undefined })),
      );
    });

    it("the id of each tick is the text of its number", async () => {
      const iterator = await world.client().stream.ticks({ everyMs: 1 });
      const ticks = await take(iterator, 12);
      await iterator.return();
      assert.deepEqual(
        ticks.map((tick) => getEventMeta(tick)?.id),
        ticks.map(({ n }) => `${n}`),
      );
    });

    for (const last of [0, 9, 41, 1_000_000]) {
      it(`stream.ticks continues at ${last + 1} after the last event id ${last}`, async () => {
        const iterator = await world.client().stream.ticks({ everyMs: 1 }, { lastEventId: `${last}` });
        const ticks = await take(iterator, 3);
        await iterator.return();
        assert.deepEqual(ticks, numbered(3, last + 1));
        assert.equal(getEventMeta(ticks[0])?.id, `${last + 1}`);
      });
    }

    for (const { name, subscribe, send, received, isOf } of CHANNELS) {
      it(`two subscribers of ${name} each get everything in order, from the moment they have their stream`, async () => {
        const topic = crypto.randomUUID();
        const [first, second, sender] = [world.client(), world.client(), world.client()];
        const early = await subscribe(first);
        await send(sender, topic, "for the first alone");
        const late = await subscribe(second);
        for (const text of texts(30)) await send(sender, topic, text);

        const expected = texts(30).map((text) => received(topic, text));
        assert.deepEqual(await arriving(late, 30, isOf(topic)), expected);
        assert.deepEqual(await arriving(early, 31, isOf(topic)), [received(topic, "for the first alone"), ...expected]);
        await Promise.all([early.return(), late.return()]);
      });

      it(`subscribers of ${name} all see one order of what is sent at once`, async () => {
        const topic = crypto.randomUUID();
        const client = world.client();
        const readers = await Promise.all([1, 2, 3].map(() => subscribe(client)));
        await Promise.all(texts(60).map((text) => send(client, topic, text)));

        const [seen, ...others] = await Promise.all(readers.map((reader) => arriving(reader, 60, isOf(topic))));
        for (const other of others) assert.deepEqual(other, seen);
        const byText = (events) => events.map((event) => JSON.stringify(event)).sort();
        assert.deepEqual(byText(seen), byText(texts(60).map((text) => received(topic, text))));
        await Promise.all(readers.map((reader) => reader.return()));
      });

      it(`a subscriber of ${name} that leaves takes nothing from the others`, async () => {
        const topic = crypto.randomUUID();
        const client = world.client();
        const [leaving, staying] = await Promise.all([subscribe(client), subscribe(client)]);
        await send(client, topic, "before");
        assert.deepEqual(await arriving(leaving, 1, isOf(topic)), [received(topic, "before")]);
        await leaving.return();
        await send(client, topic, "after");
        const expected = ["before", "after"].map((text) => received(topic, text));
        assert.deepEqual(await arriving(staying, 2, isOf(topic)), expected);
        await staying.return();
      });
    }
  });
}
