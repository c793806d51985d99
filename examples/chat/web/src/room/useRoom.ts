import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import type { Transport } from "../transport/transport";
import type { Connection } from "./connection";
import { addEntry, type Entries, NO_ENTRIES } from "./entries";
import { followRoom, type Position } from "./followRoom";
import { type People, usePeople } from "./usePeople";

export type Room = Entries & {
  connection: Connection;
  people: People;
  retryNow: () => void;
};

export function useRoom(transport: Transport, name: string | null): Room {
  const [entries, arrive] = useReducer(addEntry, NO_ENTRIES);
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });
  const [wake] = useState(() => new EventTarget());
  const position = useRef<Position>({ lastEventId: undefined });
  const people = usePeople(transport, name);
  const { refresh } = people;

  // Placed before the next effect so that its cleanup runs first: the calls of a closed
  // socket have ended, and need no abort.
  useEffect(() => {
    setConnection({ state: "connecting" });
    return () => transport.close();
  }, [transport]);

  // Another name is another reader, over the same connection.
  useEffect(() => {
    const over = new AbortController();
    void followRoom({
      transport,
      name,
      position: position.current,
      signal: over.signal,
      wake,
      onConnection: (next) => {
        setConnection(next);
        if (next.state === "live") {
          refresh();
        }
      },
      onEvent: (event, id) => {
        arrive({ event, id });
        if (event.type === "joined" || event.type === "left") {
          refresh();
        }
      },
    });
    return () => over.abort();
  }, [transport, name, wake, refresh]);

  const retryNow = useCallback(() => {
    wake.dispatchEvent(new Event("wake"));
  }, [wake]);

  return { ...entries, connection, people, retryNow };
}
