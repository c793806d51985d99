// The official server on Bun.
import { RPCHandler as SocketHandler } from "@orpc/server/bun-ws";
import { RPCHandler } from "@orpc/server/fetch";
import { HibernationPlugin } from "@orpc/server/hibernation";

import { leave, router } from "./router.mjs";

const handler = new RPCHandler(router);
const sockets = new SocketHandler(router, { plugins: [new HibernationPlugin()] });

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  async fetch(request, server) {
    if (request.headers.has("upgrade")) {
      return server.upgrade(request) ? undefined : new Response(null, { status: 426 });
    }
    const { matched, response } = await handler.handle(request, { prefix: "/rpc", context: {} });
    return matched ? response : new Response(null, { status: 404 });
  },
  websocket: {
    maxPayloadLength: 1024 * 1024,
    idleTimeout: 0,
    message: (socket, message) => sockets.message(socket, message, { context: { socket } }),
    close(socket) {
      sockets.close(socket);
      leave(socket);
    },
  },
});
console.log(`listening on http://127.0.0.1:${server.port}`);
