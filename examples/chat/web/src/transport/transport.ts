import type { Rpc } from "../rpc";
import { sseTransport } from "./sseTransport";
import { webSocketTransport } from "./webSocketTransport";

export const TRANSPORT_NAMES = ["websocket", "sse"] as const;

export type TransportName = (typeof TRANSPORT_NAMES)[number];

/** A transport to the server. It can be opened again after it was closed. */
export type Transport = {
  rpc: Rpc;
  /** Resolves once calls can be made. */
  open: (signal: AbortSignal) => Promise<void>;
  /** Ends the connection that calls share; they fail. */
  close: () => void;
};

/** Neither connects before it is opened. */
export const TRANSPORTS: Record<TransportName, Transport> = {
  websocket: webSocketTransport(),
  sse: sseTransport(),
};
