import { getEventMeta } from "@orpc/client";
import type { RoomEvent } from "../rpc";
import type { Transport } from "../transport/transport";

export type ReadOptions = {
  transport: Transport;
  name: string | null;
  signal: AbortSignal;
  lastEventId: string | undefined;
  onOpen: () => void;
  onEvent: (event: RoomEvent, id: string) => void;
};

/** Reads events until the server ends the stream; rejects when the connection fails or is aborted. */
export async function readStream(options: ReadOptions): Promise<void> {
  const { transport, name, signal, lastEventId, onOpen, onEvent } = options;
  const reading = new AbortController();
  signal.addEventListener("abort", () => reading.abort(), { signal: reading.signal });
  // A dead connection can look open for minutes, and giving up a good one loses nothing.
  const giveUp = () => {
    transport.close();
    reading.abort();
  };
  window.addEventListener("offline", giveUp, { signal: reading.signal });

  try {
    await transport.open(reading.signal);
    reading.signal.throwIfAborted();
    const context = name === null ? {} : { name };
    const stream = await transport.rpc.chat.onMessage(undefined, { signal: reading.signal, lastEventId, context });
    reading.signal.throwIfAborted();
    onOpen();
    for await (const event of stream) {
      reading.signal.throwIfAborted();
      onEvent(event, idOf(event));
    }
  } finally {
    // Also takes the listeners above away.
    reading.abort();
  }
}

/** Without an id the page could neither resume nor tell what it has already shown. */
function idOf(event: RoomEvent): string {
  const id = getEventMeta(event)?.id;
  if (id === undefined) {
    throw new Error("The server sent an event without an id");
  }
  return id;
}
