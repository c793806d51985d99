const POLL_MS = 50;

/** Waits until `condition` resolves to something true and returns it. */
export async function until(condition, description, withinMs = 20_000) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const result = await condition();
    if (result) {
      return result;
    }
    if (Date.now() > deadline) {
      throw new Error(`not within ${withinMs} ms: ${description}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
