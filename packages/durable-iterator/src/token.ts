import type { Clock } from "./timing.js";

/** The content of a token. The server signs it; here it is read, not checked. */
export interface DurableIteratorTokenPayload {
  /** The channel. */
  chn: string;
  /** The tags of this client. */
  tags?: readonly string[];
  /** The attachment, which is for the server's own use. */
  att?: unknown;
  /** The methods that may be called, by their first names. */
  rpc?: readonly string[];
  /** When it was signed, in seconds since 1970. */
  iat: number;
  /** When it expires, in seconds since 1970. */
  exp: number;
  /** The id that the server gave this client; the official servers give none. */
  cid?: string;
}

/** A token with its content, and when it was received. */
export interface Token {
  text: string;
  payload: DurableIteratorTokenPayload;
  received: { monotonic: number; wall: number };
}

/** Reads a token that was just received: the text of its claims, a dot, its signature. */
export function readToken(text: string, clock: Clock): Token {
  const payload: unknown = JSON.parse(text.slice(0, text.lastIndexOf(".")));
  if (!isPayload(payload)) {
    throw new TypeError("The response is marked as a durable iterator, but its value is no token.");
  }
  return { text, payload, received: { monotonic: clock.monotonic(), wall: clock.wall() } };
}

function isPayload(value: unknown): value is DurableIteratorTokenPayload {
  if (typeof value !== "object" || value === null) return false;
  const { chn, exp, iat } = value as Record<string, unknown>;
  return typeof chn === "string" && typeof exp === "number" && ["number", "undefined"].includes(typeof iat);
}

/**
 * For how many seconds a token is good from its signature on. The clock of the server counts, not that of this computer,
 * unless the token does not say when it was signed.
 */
export function lifeOf({ payload, received }: Token): number {
  const life = payload.exp - ((payload.iat as number | undefined) ?? received.wall / 1000);
  // By a clock that is wrong: only the server knows.
  return life > 0 ? life : Number.POSITIVE_INFINITY;
}

/**
 * The seconds since a token was signed. Since its receipt one clock may have stood still, while the computer slept, and
 * the other one may have been set back: the later one counts. If that clock is set forward, a token is replaced too
 * early, once.
 */
export function ageOf({ payload, received }: Token, clock: Clock): number {
  // Servers write whole seconds. The rest of the second is seen by a clock that is right, and by no other.
  const rest = received.wall / 1000 - payload.iat;
  const before = rest >= 0 && rest <= 1 ? rest : 0.5;
  return before + Math.max(clock.monotonic() - received.monotonic, clock.wall() - received.wall) / 1000;
}

export function hasExpired(token: Token, clock: Clock): boolean {
  return ageOf(token, clock) > lifeOf(token);
}

/** Returns `true` if a socket that was opened with one token can continue with the
 * other. */
export function isSamePlace(one: DurableIteratorTokenPayload, other: DurableIteratorTokenPayload): boolean {
  return one.chn === other.chn && JSON.stringify(one.tags) === JSON.stringify(other.tags) && one.cid === other.cid;
}
