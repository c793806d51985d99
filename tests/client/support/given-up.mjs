import assert from "node:assert/strict";
import { errorOf } from "./errors.mjs";
import { soon } from "./eventually.mjs";

/** Number of calls of one socket that run at a time; further ones are queued. */
export const RUNNING = 64;

/** Maximum number of streams of one socket. */
export const STREAMS_AT_ONCE = 128;

/** Inputs of `stream.ticks`: one value and then none for long, or many. */
export const RARE = { everyMs: 10_000 };
export const OFTEN = { everyMs: 1 };

/** The input of a call of `slow.wait` that lasts until it is aborted. */
export const UNTIL_GIVEN_UP = { ms: 60_000 };

/** Calls of `slow.wait` that last until they are aborted: what stops each, and the error that it ends with. */
export const startWaits = (client, count) =>
  Array.from({ length: count }, () => {
    const stop = new AbortController();
    return { stop: () => stop.abort(), error: errorOf(client.slow.wait(UNTIL_GIVEN_UP, { signal: stop.signal })) };
  });

export async function assertAborted(calls) {
  for (const { error } of calls) assert.equal((await soon("the failure", error)).name, "AbortError");
}

/** Streams of `stream.ticks` that last until they are aborted. */
export const startTicks = (client, count, input = RARE) =>
  Promise.all(Array.from({ length: count }, () => client.stream.ticks(input)));
