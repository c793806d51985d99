/** Waiting times between attempts: exponential backoff with full jitter. */
export interface BackoffOptions {
  /** The longest wait before the second attempt, in milliseconds; 500 unless set. It doubles with each attempt. */
  initialMs?: number;
  /** The longest wait of all, in milliseconds; 30,000 unless set. */
  maxMs?: number;
  /** Gives a number from 0 to 1, such as `Math.random`, which it is unless set. */
  random?: () => number;
}

/** Waits that grow, each anywhere between nothing and its bound, so that clients do not come back all at once. */
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
    // Beyond that many the bound is the largest in any case.
    this.#failures = Math.min(this.#failures + 1, 32);
    return bound * this.#random();
  }

  /** It worked: the next failure is the first one again. */
  reset(): void {
    this.#failures = 0;
  }
}
