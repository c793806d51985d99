import { useCallback, useRef, useState } from "react";
import type { Present } from "../client";
import type { Transport } from "../transport/transport";

const NOBODY: Present = { you: null, people: [] };

export type People = Present & {
  /** Asks the server again; the latest answer counts. */
  refresh: () => void;
};

/** The people in the room, as of the last time the server was asked. */
export function usePeople(transport: Transport, name: string | null): People {
  const [present, setPresent] = useState(NOBODY);
  const latest = useRef(0);

  const refresh = useCallback(() => {
    const request = ++latest.current;
    const context = name === null ? {} : { name };
    transport.rpc.chat.people(undefined, { context }).then(
      (answer) => {
        if (request === latest.current) {
          setPresent(answer);
        }
      },
      // The connection is lost, and the next one asks again.
      () => {},
    );
  }, [transport, name]);

  return { ...present, refresh };
}
