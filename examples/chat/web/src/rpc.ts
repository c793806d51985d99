import type { Client } from "./client";
import { SESSION } from "./profile/session";

export type { Person, RoomEvent } from "./client";

/** The caller: the server learns the name with each call. */
export type Caller = { name?: string };

export type Rpc = Client<Caller>;

/** The headers that identify the caller. */
export function callerHeaders({ name }: Caller): Record<string, string> {
  const session = { "x-session": SESSION };
  return name === undefined ? session : { ...session, authorization: `Bearer ${encodeURIComponent(name)}` };
}
