import type { Clock } from "./timing.js";

/** Content of a token. The server signs it; here it is read, not verified. */
export interface DurableIteratorTokenPayload {
  /** The channel. */
  chn: string;
  /** The tags of this client. */
  tags?: readonly string[];
  /** The attachment, for the server's own use. */
  att?: unknown;
  /** Methods that may be called, by their first names. */
  rpc?: readonly string[];
  /** Time of its signature, in seconds since 1970. */
  iat: number;
  /** Time of its expiry, in seconds since 1970. */
  exp: number;
  /** Id that the server assigned to this client; the official servers assign none. */
  cid?: string;
}

/** A token with its content, and the time when it was received. */
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
 * Returns the lifetime of a token in seconds. It is measured by the clock of the server, not of this computer, unless
 * the token does not contain the time of its signature.
 */
export function lifeOf({ payload, received }: Token): number {
  const life = payload.exp - ((payload.iat as number | undefined) ?? received.wall / 1000);
  // The clock is wrong: only the server knows the lifetime.
  return life > 0 ? life : Number.POSITIVE_INFINITY;
}

/**
 * Returns the seconds since a token was signed. Since its receipt one clock may have stopped, while the computer slept,
 * and the other one may have been set back: the later one is used. If that clock is set forward, a token is replaced
 * too early, once.
 */
export function ageOf({ payload, received }: Token, clock: Clock): number {
  // Servers write whole seconds. Only a correct clock shows the rest of the second.
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
