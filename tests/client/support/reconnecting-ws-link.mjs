import { RPCLink } from "@orpc/client/websocket";
import ReconnectingWebSocket from "partysocket/ws";
import { WebSocket } from "ws";

/** Reaches the server by a WebSocket that is opened again when it is lost, through the official link. */
export function reconnectingWsLink(origin, options) {
  const websocket = new ReconnectingWebSocket(`${origin.replace(/^http/, "ws")}/ws`, [], {
    WebSocket,
    minReconnectionDelay: 5,
    maxReconnectionDelay: 20,
  });
  return { link: new RPCLink({ websocket, ...options }), close: () => websocket.close() };
}
