import type { ChatMessage } from "../rpc";
import { backoffDelay } from "./backoff";
import type { Connection } from "./connection";
import { disconnectReason } from "./disconnectReason";
import { pause } from "./pause";
import { readStream } from "./readStream";

/** A connection that lived this long was healthy: losing it starts the backoff from the beginning. */
const STABLE_AFTER_MS = 5_000;

export type FollowOptions = {
  signal: AbortSignal;
  /** A "wake" event on it cuts the current backoff short. */
  wake: EventTarget;
  onConnection: (connection: Connection) => void;
  onMessage: (message: ChatMessage, eventId: string | undefined) => void;
};

/** Keeps the message stream open, continuing after the last event seen, until `signal` aborts. */
export async function followRoom({ signal, wake, onConnection, onMessage }: FollowOptions): Promise<void> {
  let lastEventId: string | undefined;
  let failures = 0;

  while (!signal.aborted) {
    let openedAt: number | undefined;
    let failure: unknown;
    try {
      await readStream({
        signal,
        lastEventId,
        onOpen: () => {
          openedAt = Date.now();
          onConnection({ state: "live" });
        },
        onMessage: (message, eventId) => {
          lastEventId = eventId ?? lastEventId;
          onMessage(message, eventId);
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
