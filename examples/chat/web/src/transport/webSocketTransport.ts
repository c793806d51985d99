import { createORPCClient } from "@orpc/client";
import { type LinkWebsocketClientOptions, RPCLink } from "@orpc/client/websocket";
import ReconnectingWebSocket from "partysocket/ws";
import { type Caller, callerHeaders } from "../rpc";
import type { Transport } from "./transport";

/** All calls over one socket, which can be connected again and again. */
export function webSocketTransport(): Transport {
  const url = new URL("/ws", window.location.origin);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new ReconnectingWebSocket(url.href, [], {
    startClosed: true,
    // It connects only on request: a wait of its own could be neither shown nor cut short.
    maxRetries: 0,
  });
  // Its states are those of a WebSocket; only their type is wider.
  const websocket = socket as LinkWebsocketClientOptions["websocket"];
  const link = new RPCLink<Caller>({ websocket, headers: ({ context }) => callerHeaders(context) });
  return {
    rpc: createORPCClient(link),
    open: (signal) => open(socket, signal),
    close: () => socket.close(),
  };
}

function open(socket: ReconnectingWebSocket, signal: AbortSignal): Promise<void> {
  if (socket.readyState === socket.OPEN) {
    return Promise.resolve();
  }
  if (socket.readyState !== socket.CONNECTING) {
    socket.reconnect();
  }
  return new Promise((resolve, reject) => {
    const settled = new AbortController();
    const settle = (finish: () => void) => () => {
      settled.abort();
      finish();
    };
    const options = { signal: settled.signal };
    socket.addEventListener("open", settle(resolve), options);
    socket.addEventListener("close", settle(() => reject(new Error("The socket cannot be opened"))), options);
    signal.addEventListener("abort", settle(() => reject(signal.reason)), options);
  });
}
