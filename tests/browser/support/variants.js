/** The ways in which the page receives the events of the chat room, with the options of the server. */
export const VARIANTS = [
  { name: "over WebSocket", transport: "websocket" },
  { name: "over SSE", transport: "sse" },
  { name: "on hibernating sockets", transport: "websocket", options: ["--hibernating"] },
];
