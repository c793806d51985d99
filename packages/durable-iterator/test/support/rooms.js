import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { WebSocket } from "ws";
import { openLine } from "../../../../tests/client/support/line.mjs";
import { startServer } from "../../../../tests/client/support/server.mjs";
import { DurableIteratorLinkPlugin } from "../../dist/index.js";

/** Waits that are over soon. */
export const QUICK = { initialMs: 5, maxMs: 50 };

/** The room server, and clients of it whose sockets go over a line that can be cut. */
export class Rooms {
  #ends = [];
  sockets = [];

  /** `settings` are variables of the server's environment. */
  static async start(settings = {}) {
    const rooms = new Rooms();
    rooms.server = await startServer(settings);
    rooms.line = await openLine(rooms.server.origin);
    return rooms;
  }

  /** Another server in place of one that was stopped, at the same port. */
  async restart(port) {
    this.server = await startServer({ PORT: port });
  }

  /**
   * A client; `plugin` are options of the plugin, `link` of the link. `plugin.isLost` says which messages never reach
   * the server.
   */
  client(plugin = {}, link = {}) {
    const { sockets } = this;
    const { isLost = () => false } = plugin;
    class Recorded extends WebSocket {
      constructor(url) {
        super(url);
        sockets.push(this);
      }

      send(message, ...rest) {
        if (!isLost(`${message}`)) super.send(message, ...rest);
      }
    }
    const durable = new DurableIteratorLinkPlugin({
      url: `${this.line.origin.replace("http", "ws")}/durable`,
      backoff: QUICK,
      WebSocket: Recorded,
      ...plugin,
    });
    const { plugins = [], ...rest } = link;
    return createORPCClient(
      new RPCLink({ url: `${this.server.origin}/rpc`, plugins: [durable, ...plugins], ...rest }),
    );
  }

  /** Opens a room, to be left at the end of the test. */
  async open(input, { plugin, link, ...options } = {}) {
    const iterator = await this.client(plugin, link).room.open(input, options);
    this.#ends.push(() => iterator.return());
    return iterator;
  }

  /** Leaves all rooms. Sockets that are still there afterwards were leaked. */
  async leave() {
    const ends = this.#ends;
    this.#ends = [];
    await Promise.all(ends.map((end) => end()));
    const sockets = this.sockets.splice(0);
    // Not by `once`, which rejects with the error of one that is closed while it connects.
    const closed = (socket) => new Promise((resolve) => socket.addEventListener("close", resolve));
    await Promise.all(sockets.map((socket) => socket.readyState === WebSocket.CLOSED || closed(socket)));
  }

  async stop() {
    await this.leave();
    await this.line.close();
    return this.server.stop();
  }
}

/** The next `count` values. */
export async function take(iterator, count) {
  const values = [];
  while (values.length < count) {
    const { done, value } = await iterator.next();
    if (done) throw new Error(`it ended after ${values.length} values`);
    values.push(value);
  }
  return values;
}

/** Returns the error that a promise is rejected with. */
export const errorOf = (promise) =>
  promise.then(
    (value) => Promise.reject(new Error(`it was to fail, but gave ${JSON.stringify(value)}`)),
    (error) => error,
  );

/** An answer as the server gives it. */
export const answer = (status, json, headers = {}) =>
  new Response(JSON.stringify({ json }), { status, headers: { "content-type": "application/json", ...headers } });
export const refusal = (status, code) => answer(status, { defined: false, code, status, message: "refused" });

/** Returns the call that opens an iterator, when it is repeated, the answer that there is for it, if any. */
export const repeated = (answerOf) => async (request, init) => {
  const isRepeated = new Headers(request.headers).has("x-orpc-durable-iterator-token");
  return (isRepeated && answerOf()) || globalThis.fetch(request, init);
};
