import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

const SECOND = 1000;

/** For the outermost `describe` of tests: a test that waits for what never comes fails, and the server is stopped. */
export const TIME_LIMIT = { timeout: 120 * SECOND };

/** Asks again and again until the answer is `expected`; fails when it is not within a second. */
export async function eventually(what, ask, expected, within = SECOND) {
  const deadline = performance.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer === expected) return;
    if (performance.now() > deadline) assert.equal(answer, expected, `${what} within ${within} ms`);
    await pause(5);
  }
}

/** The result of `promise`; fails when it takes longer than `within` milliseconds. */
export async function soon(what, promise, within = SECOND) {
  const stop = new AbortController();
  const late = pause(within, undefined, { signal: stop.signal }).then(() =>
    assert.fail(`${what}: not within ${within} ms`),
  );
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}
