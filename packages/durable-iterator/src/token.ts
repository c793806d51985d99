/** What a token says. The server signs it; here it is read, not checked. */
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

/** A token with what it says. */
export interface Token {
  text: string;
  payload: DurableIteratorTokenPayload;
}

/** Reads a token: the text of its claims, a dot, its signature. */
export function readToken(text: string): Token {
  const payload: unknown = JSON.parse(text.slice(0, text.lastIndexOf(".")));
  if (!isPayload(payload)) {
    throw new TypeError("The response is marked as a durable iterator, but its value is no token.");
  }
  return { text, payload };
}

function isPayload(value: unknown): value is DurableIteratorTokenPayload {
  if (typeof value !== "object" || value === null) return false;
  const { chn, exp } = value as Record<string, unknown>;
  return typeof chn === "string" && typeof exp === "number";
}

/** Whether a socket that was opened with one token can go on with the other. */
export function isSamePlace(one: DurableIteratorTokenPayload, other: DurableIteratorTokenPayload): boolean {
  return one.chn === other.chn && JSON.stringify(one.tags) === JSON.stringify(other.tags) && one.cid === other.cid;
}
