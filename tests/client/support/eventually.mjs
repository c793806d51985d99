import assert from "node:assert/strict";

const SECOND = 1000;

/** For the outermost `describe` of tests: a test that waits for what never comes fails, and the server is stopped. */
export const TIME_LIMIT = { timeout: 120 * SECOND };

/** Resolves after this time. It sets the pace of a loop; no test relies on what happens meanwhile. */
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

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
