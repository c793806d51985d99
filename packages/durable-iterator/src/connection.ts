import { AsyncIteratorClass, createORPCClient, getEventMeta } from "@orpc/client";
import type { Client } from "@orpc/client";
import type { StandardRPCCustomJsonSerializer } from "@orpc/client/standard";
import { RPCLink } from "@orpc/client/websocket";
import type { Token } from "./token.js";

/** How a WebSocket is made: the class of the browser, of Node 22 and newer, or of the package `ws`. */
export type WebSocketConstructor = new (url: string) => Pick<
  WebSocket,
  "readyState" | "addEventListener" | "removeEventListener" | "send" | "close"
>;

/** How a socket came to its end. */
export interface Closed {
  code: number;
  reason: string;
  /** How long it had been open, in milliseconds; undefined if it was not. */
  openFor: number | undefined;
}

/** Where the events of a channel were read to. */
export interface Position {
  lastEventId: string | undefined;
  /** How long the server asks to wait before a client comes back, in milliseconds. */
  retry: number | undefined;
}

type Procedures = {
  subscribe: Client<Record<never, never>, undefined, AsyncIterableIterator<unknown>, Error>;
  call: Client<Record<never, never>, { path: readonly string[]; input: unknown }, unknown, Error>;
  updateToken: Client<Record<never, never>, { token: string }, void, Error>;
};

const OPEN = 1;
const CLOSING = 2;

/** The header by which the server is asked, and tells, where the events begin. */
const POSITION = "x-orpc-durable-iterator-position";

/** One WebSocket with the three procedures that the server has on it. It does not come back when it is closed. */
export class Connection {
  readonly procedures: Procedures;
  /** Resolves when it is open, with true, or is closed before it was. */
  readonly opened: Promise<boolean>;
  readonly closed: Promise<Closed>;
  /** The newest token that the server has for it. */
  token: Token;
  readonly #socket: InstanceType<WebSocketConstructor>;

  constructor(
    url: string,
    token: Token,
    WebSocket: WebSocketConstructor,
    position: Position,
    customJsonSerializers: readonly StandardRPCCustomJsonSerializer[],
  ) {
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.token = token;
    let since: number | undefined;
    this.opened = new Promise((resolve) => {
      socket.addEventListener("open", () => {
        since = performance.now();
        resolve(true);
      });
      socket.addEventListener("close", () => resolve(false));
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => {
        resolve({ code, reason, openFor: since === undefined ? undefined : performance.now() - since });
      });
    });
    // `close` follows; without a listener the sockets of `ws` would throw.
    socket.addEventListener("error", () => {});
    const link = new RPCLink<Record<never, never>>({
      websocket: asTheLinkSeesIt(socket),
      customJsonSerializers,
      clientInterceptors: [
        async ({ next, ...options }) => {
          if (!this.isOpen) throw new Error("The socket is not open.");
          if (options.path[0] !== "subscribe") return next();
          const response = await next({
            ...options,
            request: { ...options.request, headers: { ...options.request.headers, [POSITION]: "1" } },
          });
          const start = response.headers[POSITION];
          if (typeof start === "string") position.lastEventId ??= start;
          return { ...response, body: async () => follow(await response.body(), position) };
        },
      ],
    });
    this.procedures = createORPCClient(link);
  }

  get isOpen(): boolean {
    return this.#socket.readyState === OPEN;
  }

  close(): void {
    this.#socket.close(1000);
  }
}

/**
 * A socket that takes messages also while it closes, and drops them. The link has some to send then, such as that a call
 * is given up, and nobody would catch its error; what waits for an answer is told when the socket is closed.
 */
function asTheLinkSeesIt(
  socket: InstanceType<WebSocketConstructor>,
): Pick<WebSocket, "readyState" | "addEventListener" | "removeEventListener" | "send"> {
  return {
    get readyState() {
      return socket.readyState === CLOSING ? OPEN : socket.readyState;
    },
    send: (message) => {
      if (socket.readyState === OPEN) socket.send(message);
    },
    addEventListener: socket.addEventListener.bind(socket),
    removeEventListener: socket.removeEventListener.bind(socket),
  };
}

/**
 * Notes where the events are read to. Here each is still its envelope, an object: once it is a string or a number it can
 * carry no id.
 */
function follow(body: unknown, position: Position): unknown {
  if (!isIterator(body)) return body;
  const note = (value: unknown) => {
    const meta = getEventMeta(value);
    position.lastEventId = meta?.id ?? position.lastEventId;
    position.retry = meta?.retry ?? position.retry;
  };
  return new AsyncIteratorClass(
    async () => {
      try {
        const item = await body.next();
        note(item.value);
        return item;
      } catch (error) {
        note(error);
        throw error;
      }
    },
    async (reason) => {
      if (reason !== "next") await body.return?.();
    },
  );
}

function isIterator(value: unknown): value is AsyncIterator<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
