import assert from "node:assert/strict";

const SECOND = 1000;

/** For the outermost `describe` of tests: a test that waits forever fails, and the server is stopped. */
export const TIME_LIMIT = { timeout: 900 * SECOND };

/** Maximum time of something immediate: less than the 5 s until a keep-alive comment detects a dead line. */
export const PROMPT = 4 * SECOND;

/** Maximum time that one query counts. */
const QUESTION = 20;

/** Resolves after this time. It paces a loop; no test relies on it. */
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Asks repeatedly until the answer is `expected`; fails when it is not within this time. Only a part of an answer's
 * duration counts, so that a machine that stalls, or is slow, has as many turns.
 */
export async function eventually(what, ask, expected, within = PROMPT) {
  for (let counted = 0; ; ) {
    const asked = performance.now();
    const answer = await ask();
    if (answer === expected) return;
    if (counted > within) assert.equal(answer, expected, `${what} within ${within} ms`);
    await pause(5);
    counted += Math.min(performance.now() - asked, QUESTION);
  }
}

/** The result of `promise`; fails after a time in which it would have arrived. */
export async function soon(what, promise, within = 30 * SECOND) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, within))).then(() =>
    assert.fail(`${what}: not within ${within} ms`),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
