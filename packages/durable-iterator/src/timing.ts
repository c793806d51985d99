/** Deadlines of the other end. */
export interface TimeoutOptions {
  /** For a socket to open, in milliseconds; 10,000 by default. Then the next one is tried. */
  connectMs?: number;
  /** For any message on an open socket, in milliseconds; 20,000 by default. Then the server is probed. */
  silenceMs?: number;
  /** For the answer to a probe, in milliseconds; 10,000 by default. Then the socket is closed and the next one is
   * opened. */
  answerMs?: number;
  /** For the answer to a subscription, or to a call for a new token, in milliseconds; 30,000 by default. */
  requestMs?: number;
}

export type Timeouts = Required<TimeoutOptions>;

export function timeoutsOf(options: TimeoutOptions): Timeouts {
  return { connectMs: 10_000, silenceMs: 20_000, answerMs: 10_000, requestMs: 30_000, ...options };
}

/** The clocks of a platform, in milliseconds. */
export interface Clock {
  /** Never decreases, and may stop while the computer sleeps. */
  monotonic: () => number;
  /** Milliseconds since 1970, by the computer's setting. */
  wall: () => number;
}

export const CLOCK: Clock = { monotonic: () => performance.now(), wall: () => Date.now() };
