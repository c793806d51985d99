/** Maximum duration of timers, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** Callbacks of each signal. It has one listener for all of them, because platforms warn about many. */
const CALLBACKS = new WeakMap<AbortSignal, Set<() => void>>();

/** Reasons of our own signals, which some platforms lose. */
const REASONS = new WeakMap<AbortSignal, unknown>();

/** Runs a callback when the signal is aborted. Returns a function that removes the
 * callback. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = CALLBACKS.get(signal);
  if (!callbacks) {
    const all = new Set<() => void>();
    callbacks = all;
    CALLBACKS.set(signal, all);
    const run = () => {
      CALLBACKS.delete(signal);
      for (const each of all) each();
    };
    signal.addEventListener("abort", run, { once: true });
    LISTENERS.set(all, () => signal.removeEventListener("abort", run));
  }
  // A function of its own, because the same callback may be passed twice.
  const own = () => callback();
  const all = callbacks;
  all.add(own);
  return () => {
    if (!all.delete(own) || all.size > 0) return;
    if (CALLBACKS.get(signal) === all) CALLBACKS.delete(signal);
    LISTENERS.get(all)?.();
  };
}

/** Removes the listener of a set of callbacks. */
const LISTENERS = new WeakMap<Set<() => void>, () => void>();

/** Aborts with a reason that `reasonOf` returns. */
export function abort(controller: AbortController, reason: unknown): void {
  REASONS.set(controller.signal, reason);
  controller.abort(reason);
}

/** Returns the reason of an aborted signal, or an `AbortError`. */
export function reasonOf(signal: AbortSignal): unknown {
  return REASONS.get(signal) ?? signal.reason ?? abortError("The operation was aborted.");
}

export function abortError(message: string): Error {
  return Object.assign(new Error(message), { name: "AbortError" });
}

/** Throws the reason of a signal that is aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw reasonOf(signal);
}

/** Resolves after a time, or as soon as the signal is aborted. Leaves no timer behind. */
export function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = () => {
      clearTimeout(timer);
      forget();
      resolve();
    };
    const timer = setTimeout(end, Math.min(Math.max(milliseconds, 0), LONGEST));
    const forget = onAbort(signal, end);
  });
}

/** Returns the result of a promise, or rejects with the reason of a signal, whichever comes
 * first. */
export function unlessAborted<T>(promise: Promise<T>, ...signals: AbortSignal[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = signals.find((signal) => signal.aborted);
    if (aborted) reject(reasonOf(aborted));
    const forget = aborted ? [] : signals.map((signal) => onAbort(signal, () => reject(reasonOf(signal))));
    const done = () => forget.forEach((each) => each());
    promise.then(resolve, reject).then(done, done);
  });
}

/** Returns the result of a promise, or rejects when it takes longer. */
export function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateError(milliseconds)), Math.min(milliseconds, LONGEST));
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Nothing arrived in time. */
export class LateError extends Error {
  override readonly name = "TimeoutError";

  constructor(milliseconds: number) {
    super(`There is no answer after ${milliseconds} ms.`);
  }
}
