import { getEventMeta } from "@orpc/client";
import { type ChatMessage, rpc } from "../rpc";

export type ReadOptions = {
  signal: AbortSignal;
  lastEventId: string | undefined;
  onOpen: () => void;
  onMessage: (message: ChatMessage, eventId: string | undefined) => void;
};

/** Reads messages until the server ends the stream; rejects when the connection fails or is given up. */
export async function readStream({ signal, lastEventId, onOpen, onMessage }: ReadOptions): Promise<void> {
  const connection = new AbortController();
  const giveUp = () => connection.abort();
  signal.addEventListener("abort", giveUp, { signal: connection.signal });
  // A dead connection can look open for minutes, and giving up a good one loses nothing.
  window.addEventListener("offline", giveUp, { signal: connection.signal });

  try {
    const stream = await rpc.chat.onMessage(undefined, { signal: connection.signal, lastEventId });
    connection.signal.throwIfAborted();
    onOpen();
    for await (const message of stream) {
      connection.signal.throwIfAborted();
      onMessage(message, getEventMeta(message)?.id);
    }
  } finally {
    // Also takes the listeners above away.
    connection.abort();
  }
}
