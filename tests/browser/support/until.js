const POLL_MS = 50;

/** Maximum time that one question counts: a machine that stalls for a moment has as many turns as any other. */
const QUESTION_MS = 2 * POLL_MS;

/** Waits until `condition` resolves to something true and returns it. */
export async function until(condition, description, withinMs = 60_000) {
  for (let counted = 0; ; ) {
    const asked = performance.now();
    const result = await condition();
    if (result) {
      return result;
    }
    if (counted > withinMs) {
      throw new Error(`not within ${withinMs} ms: ${description}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    counted += Math.min(performance.now() - asked, QUESTION_MS);
  }
}
