import { useCallback, useEffect, useReducer, useState } from "react";
import type { Connection } from "./connection";
import { addEntry, type Entries, NO_ENTRIES } from "./entries";
import { followRoom } from "./followRoom";

export type Room = Entries & {
  connection: Connection;
  retryNow: () => void;
};

export function useRoom(): Room {
  const [entries, arrive] = useReducer(addEntry, NO_ENTRIES);
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });
  const [wake] = useState(() => new EventTarget());

  useEffect(() => {
    const unmounted = new AbortController();
    void followRoom({
      signal: unmounted.signal,
      wake,
      onConnection: setConnection,
      onMessage: (message, eventId) => arrive({ message, eventId }),
    });
    return () => unmounted.abort();
  }, [wake]);

  const retryNow = useCallback(() => {
    wake.dispatchEvent(new Event("wake"));
  }, [wake]);

  return { ...entries, connection, retryNow };
}
