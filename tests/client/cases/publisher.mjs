import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { getEventMeta, isDefinedError } from "@orpc/client";
import { ClientRetryPlugin } from "@orpc/client/plugins";
import { assertORPCError, errorOf } from "../support/errors.mjs";
import { eventually, soon } from "../support/eventually.mjs";
import { numbered, take } from "../support/streams.mjs";

/** Number of retained events of a channel. */
const RETAINED = 100;

const FOREIGN = "00112233445566778899aabbccddeeff.7";

/** A channel that no other test has. */
const newChannel = () => `channel ${crypto.randomUUID()}`;

/** Publishes `{ n: from }` and so on, one after the other, and returns the ids. */
async function publish(client, channel, count, from = 0) {
  const ids = [];
  for (const payload of numbered(count, from)) ids.push(await client.publisher.publish({ channel, payload }));
  return ids;
}

const idOf = (value) => getEventMeta(value)?.id;
const arriving = (iterator, count) => soon(`${count} events`, take(iterator, count));

/** A client that reconnects by itself. */
const retrying = (world, onRetry) =>
  world.client({ plugins: [new ClientRetryPlugin({ default: { retry: 5, retryDelay: 0, onRetry } })] });

/** Cases of a subscription that is read as a stream. */
export const publisher = (world) => cases("a publisher", "publisher", world);

/** The same cases for iterators that hibernate, on sockets. */
export const hibernatingPublisher = (world) => cases("a publisher with hibernating readers", "following", world);

/** `group` names the router of the procedure that reads a channel. */
function cases(name, group, world) {
  describe(name, { concurrency: 4 }, () => {
    it("gives each event its id, which its readers see", async () => {
      const [client, channel] = [world.client(), newChannel()];
      const iterator = await client[group].subscribe({ channel });
      const ids = await publish(client, channel, 5);
      const events = await arriving(iterator, 5);
      assert.deepEqual(events, numbered(5));
      assert.deepEqual(events.map(idOf), ids);
      assert.deepEqual(
        ids.map((id) => id.split(".")[1]),
        ["1", "2", "3", "4", "5"],
      );
      await iterator.return();
    });

    it("sends a reader that reconnects exactly what it missed, and then later events", async () => {
      const [client, channel] = [world.client(), newChannel()];
      const ids = await publish(client, channel, 20);
      for (const last of [0, 7, 18, 19]) {
        const iterator = await client[group].subscribe({ channel }, { lastEventId: ids[last] });
        assert.deepEqual(await arriving(iterator, 19 - last), numbered(19 - last, last + 1));
        await iterator.return();
      }
      const iterator = await client[group].subscribe({ channel }, { lastEventId: ids[17] });
      await publish(client, channel, 2, 20);
      assert.deepEqual(await arriving(iterator, 4), numbered(4, 18));
      await iterator.return();
    });

    it("carries any JSON", async () => {
      const [client, channel] = [world.client(), newChannel()];
      const iterator = await client[group].subscribe({ channel });
      const payloads = [{ a: [1, { b: null }] }, [], "text\n\u{1f600}", 0.5, true, null];
      for (const payload of payloads) await client.publisher.publish({ channel, payload });
      assert.deepEqual(await arriving(iterator, payloads.length), payloads);
      await iterator.return();
    });

    for (const lastEventId of ["$", "0", "-1", "1700000000000-0", `${FOREIGN}x`, FOREIGN.replace(".7", ".07")]) {
      it(`refuses the id ${lastEventId}`, async () => {
        const call = world.client()[group].subscribe({ channel: newChannel() }, { lastEventId });
        const error = await errorOf(soon("an answer", call));
        assertORPCError(error, { code: "BAD_REQUEST", status: 400, message: "Malformed last event id" });
      });
    }

    for (const [reason, lose] of [
      ["trimmed", (ids) => ids[0]],
      ["epoch", () => FOREIGN],
      ["ahead", (ids) => `${ids[0].split(".")[0]}.1000`],
    ]) {
      const setting = async (client) => {
        const channel = newChannel();
        const ids = await publish(client, channel, RETAINED + 20);
        return { channel, ids, last: lose(ids) };
      };
      // At least this number of events is retained: a sixteenth may be trimmed at once.
      const isRetained = (resume, ids) => {
        const index = ids.indexOf(resume);
        return reason === "ahead" ? index === ids.length - 1 : index >= 19 && index < 19 + RETAINED / 16;
      };

      it(`tells a client without retry of a gap (${reason}) as a typed error`, async () => {
        const client = world.client();
        const { channel, ids, last } = await setting(client);
        const iterator = await client[group].subscribe({ channel }, { lastEventId: last });
        const error = await errorOf(soon("the gap", iterator.next()));
        const { resume } = error.data;
        assert.ok(isDefinedError(error));
        assertORPCError(error, {
          defined: true,
          code: "EVENT_GAP",
          status: 410,
          message: "Events are missing",
          data: { reason, last, resume },
        });
        assert.equal(idOf(error), resume);
        assert.ok(isRetained(resume, ids), resume);
      });

      it(`lets a client with retry continue behind a gap (${reason})`, async () => {
        const gaps = [];
        const client = retrying(world, ({ error }) => void gaps.push(error));
        const { channel, ids, last } = await setting(client);
        const iterator = await client[group].subscribe({ channel }, { lastEventId: last });
        const next = arriving(iterator, 1);
        if (reason === "ahead") {
          // There is nothing until something is published.
          await eventually("the gap", () => gaps.length > 0, true, 30_000);
          await publish(client, channel, 1, ids.length);
        }
        const [first] = await next;
        assert.deepEqual(
          gaps.map(({ code, data }) => [code, data.reason, data.last]),
          [["EVENT_GAP", reason, last]],
        );
        assert.equal(first.n, ids.indexOf(gaps[0].data.resume) + 1);
        const rest = await arriving(iterator, ids.length - 1 - first.n > 0 ? ids.length - 1 - first.n : 0);
        assert.deepEqual(rest, numbered(rest.length, first.n + 1));
        await iterator.return();
      });
    }

    it("loses nothing for a client with retry whose reader goes and comes while events are published", async () => {
      const [writer, channel] = [world.client(), newChannel()];
      const count = 60;
      const reader = world.client();
      let iterator = await reader[group].subscribe({ channel });
      const publishing = publish(writer, channel, count);
      const seen = [];
      while (seen.length < count) {
        const [event] = await arriving(iterator, 1);
        seen.push(event);
        if (seen.length % 7 === 0) {
          await iterator.return();
          iterator = await reader[group].subscribe({ channel }, { lastEventId: idOf(event) });
        }
      }
      assert.deepEqual(seen, numbered(count));
      assert.deepEqual(seen.map(idOf), await publishing);
      await iterator.return();
    });
  });
}
