/** Waiting times between attempts: exponential backoff with full jitter. */
export interface BackoffOptions {
  /** Maximum wait before the second attempt, in milliseconds; 500 by default. It doubles with each attempt. */
  initialMs?: number;
  /** Maximum wait, in milliseconds; 30,000 by default. */
  maxMs?: number;
  /** Returns a number from 0 to 1; `Math.random` by default. */
  random?: () => number;
}

/** Exponential waits, each a random part of its bound, so that clients do not reconnect all at once. */
export class Backoff {
  readonly #initial: number;
  readonly #max: number;
  readonly #random: () => number;
  #failures = 0;

  constructor({ initialMs = 500, maxMs = 30_000, random = Math.random }: BackoffOptions = {}) {
    this.#initial = initialMs;
    this.#max = maxMs;
    this.#random = random;
  }

  /** Returns the time to wait after one more failure, in milliseconds. */
  next(): number {
    const bound = Math.min(this.#max, this.#initial * 2 ** this.#failures);
    // Beyond this number the bound is the maximum in any case.
    this.#failures = Math.min(this.#failures + 1, 32);
    return bound * this.#random();
  }

  /** Resets the failures after a success. */
  reset(): void {
    this.#failures = 0;
  }
}
