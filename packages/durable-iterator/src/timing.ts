/** The time to wait for the other end. */
export interface TimeoutOptions {
  /** For a socket to open, in milliseconds; 10,000 unless set. Then the next one is tried. */
  connectMs?: number;
  /** For any message on an open socket, in milliseconds; 20,000 unless set. Then the server is asked for a sign of life. */
  silenceMs?: number;
  /** For that sign, in milliseconds; 10,000 unless set. Then the socket is given up and the next one is opened. */
  answerMs?: number;
  /** For the answer to a subscription, or to a call for a new token, in milliseconds; 30,000 unless set. */
  requestMs?: number;
}

export type Timeouts = Required<TimeoutOptions>;

export function timeoutsOf(options: TimeoutOptions): Timeouts {
  return { connectMs: 10_000, silenceMs: 20_000, answerMs: 10_000, requestMs: 30_000, ...options };
}

/** The clocks of a platform, in milliseconds. */
export interface Clock {
  /** Never goes back, and may stand still while the computer sleeps. */
  monotonic: () => number;
  /** Since 1970, as the computer is set. */
  wall: () => number;
}

export const CLOCK: Clock = { monotonic: () => performance.now(), wall: () => Date.now() };
