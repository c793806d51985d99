import type { Client } from "./client";

export type { RoomEvent } from "./client";

/** Who calls: the server learns it with each call. */
export type Caller = { name?: string };

export type Rpc = Client<Caller>;

/** The headers that say who calls. */
export function callerHeaders({ name }: Caller): Record<string, string> {
  return name === undefined ? {} : { authorization: `Bearer ${encodeURIComponent(name)}` };
}
