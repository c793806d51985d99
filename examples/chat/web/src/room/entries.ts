import type { RoomEvent } from "../rpc";

/** A tab left open for days must not grow without bound. */
const KEPT_ENTRIES = 500;

export type Entry = RoomEvent & { key: string };

export type MessageEntry = Extract<Entry, { type: "message" }>;

export type NoticeEntry = Exclude<Entry, MessageEntry>;

export type Entries = {
  list: readonly Entry[];
  /** Counts every message ever added, also those no longer kept, and no notices. */
  received: number;
};

export const NO_ENTRIES: Entries = { list: [], received: 0 };

export type Arrival = { event: RoomEvent; id: string };

/** After a reconnect the server may replay history this page already shows: the event id tells. */
export function addEntry(entries: Entries, { event, id }: Arrival): Entries {
  if (entries.list.some((entry) => entry.key === id)) {
    return entries;
  }
  return {
    list: [...entries.list, { ...event, key: id }].slice(-KEPT_ENTRIES),
    received: entries.received + (event.type === "message" ? 1 : 0),
  };
}
