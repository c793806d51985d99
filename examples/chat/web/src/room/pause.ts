/** Waits for `ms`, or less when `signal` aborts, `wake` fires a "wake" event or the browser comes back online. */
export function pause(ms: number, signal: AbortSignal, wake: EventTarget): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const settled = new AbortController();
    const finish = () => {
      settled.abort();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish, { signal: settled.signal });
    wake.addEventListener("wake", finish, { signal: settled.signal });
    window.addEventListener("online", finish, { signal: settled.signal });
  });
}
