import type { ChatMessage } from "../rpc";

/** A tab left open for days must not grow without bound. */
const KEPT_ENTRIES = 500;

export type Entry = ChatMessage & { key: string };

export type Entries = {
  list: readonly Entry[];
  /** Counts every message ever added, also those no longer kept. */
  received: number;
};

export const NO_ENTRIES: Entries = { list: [], received: 0 };

export type Arrival = { message: ChatMessage; eventId: string | undefined };

/** After a reconnect the server may replay history this page already shows: the event id tells. */
export function addEntry(entries: Entries, { message, eventId }: Arrival): Entries {
  const key = eventId ?? `unnumbered-${entries.received}`;
  if (entries.list.some((entry) => entry.key === key)) {
    return entries;
  }
  const { name, message: text, sentAt } = message;
  const entry: Entry = { name, message: text, sentAt, key };
  return {
    list: [...entries.list, entry].slice(-KEPT_ENTRIES),
    received: entries.received + 1,
  };
}
