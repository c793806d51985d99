import type { Rpc } from "../rpc";
import { sseTransport } from "./sseTransport";
import { webSocketTransport } from "./webSocketTransport";
import { workerTransport } from "./workerTransport";

/** A transport to the room. It can be opened again after it was closed. */
export type Transport = {
  rpc: Rpc;
  /** Resolves once calls can be made. */
  open: (signal: AbortSignal) => Promise<void>;
  /** Ends the connection that calls share; they fail. */
  close: () => void;
};

/** None connects before it is opened. */
export const TRANSPORTS = {
  websocket: webSocketTransport(),
  sse: sseTransport(),
  worker: workerTransport(),
} satisfies Record<string, Transport>;

export type TransportName = keyof typeof TRANSPORTS;

/** Those of the host that the page is built for: see `.env` and its siblings. */
export const TRANSPORT_NAMES = import.meta.env.VITE_TRANSPORTS.split(",") as [TransportName, ...TransportName[]];
