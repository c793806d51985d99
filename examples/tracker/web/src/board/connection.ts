import { useSyncExternalStore } from "react";

export type Connection = "live" | "reconnecting";

let connection: Connection = "live";
const listeners = new Set<() => void>();

/** Tells the page if the board gets changes. */
export function setConnection(state: Connection) {
  connection = state;
  for (const changed of listeners) changed();
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => connection);
}

function subscribe(changed: () => void) {
  listeners.add(changed);
  return () => listeners.delete(changed);
}
