import type { Entry, MessageEntry, NoticeEntry } from "../room/entries";
import type { Person } from "../rpc";
import { startOfDay } from "../ui/time";

/** A longer silence starts a new group, so that its time is shown again. */
const GROUP_GAP_MS = 5 * 60_000;

export type Group = { kind: "group"; key: string; from: Person; at: number; entries: MessageEntry[] };
export type Notices = { kind: "notices"; key: string; entries: NoticeEntry[] };
export type Day = { kind: "day"; key: string; at: number };
export type TimelineItem = Group | Notices | Day;

export function buildTimeline(entries: readonly Entry[]): TimelineItem[] {
  const items: TimelineItem[] = [];
  let previous: Entry | undefined;

  for (const entry of entries) {
    if (!previous || startOfDay(entry.at) !== startOfDay(previous.at)) {
      items.push({ kind: "day", key: `day-${entry.key}`, at: entry.at });
    }
    const silence = previous ? entry.at - previous.at : 0;
    const last = items.at(-1);

    if (entry.type !== "message") {
      if (last?.kind === "notices") {
        last.entries.push(entry);
      } else {
        items.push({ kind: "notices", key: entry.key, entries: [entry] });
      }
    } else if (last?.kind === "group" && isSame(last.from, entry.from) && silence <= GROUP_GAP_MS) {
      last.entries.push(entry);
    } else {
      items.push({ kind: "group", key: entry.key, from: entry.from, at: entry.at, entries: [entry] });
    }
    previous = entry;
  }
  return items;
}

function isSame(one: Person, other: Person): boolean {
  return one.id === other.id && one.name === other.name;
}
