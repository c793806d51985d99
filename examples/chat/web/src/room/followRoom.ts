import type { RoomEvent } from "../rpc";
import type { Transport } from "../transport/transport";
import { backoffDelay } from "./backoff";
import type { Connection } from "./connection";
import { disconnectReason } from "./disconnectReason";
import { pause } from "./pause";
import { readStream } from "./readStream";

/** A connection that lived this long was healthy: losing it starts the backoff from the beginning. */
const STABLE_AFTER_MS = 5_000;

/** Position up to which the page has read. Outlives the connection, its transport and the name of
 * the reader. */
export type Position = { lastEventId: string | undefined };

export type FollowOptions = {
  transport: Transport;
  name: string | null;
  position: Position;
  signal: AbortSignal;
  /** A "wake" event on it cuts the current backoff short. */
  wake: EventTarget;
  onConnection: (connection: Connection) => void;
  onEvent: (event: RoomEvent, id: string) => void;
};

/** Keeps the event stream open, continuing after the last event seen, until `signal` aborts. */
export async function followRoom(options: FollowOptions): Promise<void> {
  const { transport, name, position, signal, wake, onConnection, onEvent } = options;
  let failures = 0;

  while (!signal.aborted) {
    let openedAt: number | undefined;
    let failure: unknown;
    try {
      await readStream({
        transport,
        name,
        signal,
        lastEventId: position.lastEventId,
        onOpen: () => {
          openedAt = Date.now();
          onConnection({ state: "live" });
        },
        onEvent: (event, id) => {
          position.lastEventId = id;
          onEvent(event, id);
        },
      });
    } catch (error) {
      failure = error;
    }
    if (signal.aborted) {
      return;
    }

    const livedFor = openedAt === undefined ? 0 : Date.now() - openedAt;
    failures = livedFor >= STABLE_AFTER_MS ? 1 : failures + 1;
    const delay = backoffDelay(failures);
    onConnection({
      state: "reconnecting",
      reason: disconnectReason(failure, openedAt !== undefined),
      retryAt: Date.now() + delay,
    });
    await pause(delay, signal, wake);
  }
}
