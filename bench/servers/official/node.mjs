// The official server on Node.
import { createServer } from "node:http";
import { HibernationPlugin } from "@orpc/server/hibernation";
import { RPCHandler } from "@orpc/server/node";
import { RPCHandler as SocketHandler } from "@orpc/server/ws";
import { WebSocketServer } from "ws";

import { leave, router } from "./router.mjs";

const handler = new RPCHandler(router);
const server = createServer(async (request, response) => {
  const { matched } = await handler.handle(request, response, { prefix: "/rpc", context: {} });
  if (!matched) response.writeHead(404).end();
});

const sockets = new SocketHandler(router, { plugins: [new HibernationPlugin()] });
new WebSocketServer({ server, path: "/ws", maxPayload: 1024 * 1024 }).on("connection", (socket) => {
  sockets.upgrade(socket, { context: { socket } });
  socket.on("close", () => leave(socket));
});

server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
