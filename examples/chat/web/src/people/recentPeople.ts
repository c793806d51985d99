import type { Entry } from "../room/entries";

export type Person = { name: string; lastSpokeAt: number };

/** Everyone who wrote a message that is still shown, latest first. */
export function recentPeople(entries: readonly Entry[]): Person[] {
  const lastSpokeAt = new Map<string, number>();
  for (const entry of entries) {
    if (entry.type !== "message") {
      continue;
    }
    // Deleting first moves the name to the end of the map's order.
    lastSpokeAt.delete(entry.name);
    lastSpokeAt.set(entry.name, entry.at);
  }
  return [...lastSpokeAt].map(([name, spokeAt]) => ({ name, lastSpokeAt: spokeAt })).reverse();
}
