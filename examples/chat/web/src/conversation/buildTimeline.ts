import type { Entry } from "../room/entries";
import { startOfDay } from "../ui/time";

/** A longer silence starts a new group, so that its time is shown again. */
const GROUP_GAP_MS = 5 * 60_000;

export type Group = { kind: "group"; key: string; name: string; sentAt: number; entries: Entry[] };
export type Day = { kind: "day"; key: string; at: number };
export type TimelineItem = Group | Day;

export function buildTimeline(entries: readonly Entry[]): TimelineItem[] {
  const items: TimelineItem[] = [];
  let group: Group | undefined;
  let previous: Entry | undefined;

  for (const entry of entries) {
    const newDay = !previous || startOfDay(entry.sentAt) !== startOfDay(previous.sentAt);
    if (newDay) {
      items.push({ kind: "day", key: `day-${entry.key}`, at: entry.sentAt });
    }
    const silence = previous ? entry.sentAt - previous.sentAt : 0;
    if (!group || newDay || group.name !== entry.name || silence > GROUP_GAP_MS) {
      group = { kind: "group", key: entry.key, name: entry.name, sentAt: entry.sentAt, entries: [] };
      items.push(group);
    }
    group.entries.push(entry);
    previous = entry;
  }
  return items;
}
