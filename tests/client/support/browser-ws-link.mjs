import { RPCLink } from "@orpc/client/websocket";
import { soon } from "./eventually.mjs";

async function closeSocket(socket) {
  if (socket.readyState === WebSocket.CLOSED) return;
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve, { once: true }));
  socket.close();
  await soon("the end of the closing handshake", closed);
}

/** Reaches the server by one WebSocket of the browser through the official link. */
export function browserWsLink(origin, options) {
  const socket = new WebSocket(`${origin.replace(/^http/, "ws")}/ws`);
  return { socket, link: new RPCLink({ websocket: socket, ...options }), close: () => closeSocket(socket) };
}
