import { once } from "node:events";
import { RPCLink } from "@orpc/client/websocket";
import { WebSocket } from "ws";
import { soon } from "./eventually.mjs";

/** A WebSocket to the server, which opens soon. What goes wrong with it is seen by its `close` event alone. */
export function openSocket(origin, { path = "/ws", ...options } = {}) {
  return new WebSocket(`${origin.replace(/^http/, "ws")}${path}`, options).on("error", () => {});
}

/** Closes a WebSocket as the protocol wants it: with a frame that the other side answers. */
export async function closeSocket(socket) {
  if (socket.readyState === WebSocket.CLOSED) return;
  const closed = once(socket, "close");
  socket.close();
  await soon("the end of the closing handshake", closed);
}

/**
 * Reaches the server by one WebSocket through the official link, whose calls wait until it is open.
 * `upgrade` are headers of the request that opens it.
 */
export function wsLink(origin, { upgrade: headers, ...options } = {}) {
  const socket = openSocket(origin, { headers });
  return { socket, link: new RPCLink({ websocket: socket, ...options }), close: () => closeSocket(socket) };
}
