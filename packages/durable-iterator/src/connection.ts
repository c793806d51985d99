import { AsyncIteratorClass, createORPCClient, getEventMeta } from "@orpc/client";
import type { Client } from "@orpc/client";
import type { StandardRPCCustomJsonSerializer } from "@orpc/client/standard";
import { RPCLink } from "@orpc/client/websocket";
import { abort, wait, within } from "./signals.js";
import type { Clock, Timeouts } from "./timing.js";
import type { Token } from "./token.js";
import { Wire } from "./wire.js";
import type { Closed, WebSocketConstructor } from "./wire.js";

/** Position up to which the events of a channel are read. */
export interface Position {
  lastEventId: string | undefined;
  /** Time that the server asks the client to wait before it reconnects, in
   * milliseconds. */
  retry: number | undefined;
}

/** State that all connections of a session share. */
export interface ConnectionOptions {
  WebSocket: WebSocketConstructor;
  customJsonSerializers: readonly StandardRPCCustomJsonSerializer[];
  timeouts: Timeouts;
  clock: Clock;
}

type Nothing = Record<never, never>;

type Procedures = {
  subscribe: Client<Nothing, undefined, AsyncIterableIterator<unknown>, Error>;
  call: Client<Nothing, { path: readonly string[]; input: unknown }, unknown, Error>;
  updateToken: Client<Nothing, { token: string }, void, Error>;
  /** A path without a procedure: the answer to it is a heartbeat. */
  ping: Client<Nothing, undefined, unknown, Error>;
};

/** Header that requests the start position of the events, and in the response contains
 * it. */
const POSITION = "x-orpc-durable-iterator-position";

/** One WebSocket with the three built-in procedures of the server. It does not reconnect. */
export class Connection {
  readonly procedures: Procedures;
  /** Resolves to `true` when it opens, to `false` if it closes first. */
  readonly opened: Promise<boolean>;
  readonly closed: Promise<Closed>;
  /** Newest token that the server has for it. */
  token: Token;
  readonly #wire: Wire;
  readonly #options: ConnectionOptions;
  /** Aborted when it closes. */
  readonly #end = new AbortController();

  constructor(url: string, token: Token, position: Position, options: ConnectionOptions) {
    const { WebSocket, customJsonSerializers, clock } = options;
    const wire = new Wire(new WebSocket(url), clock);
    this.#wire = wire;
    this.#options = options;
    this.token = token;
    this.opened = wire.opened;
    this.closed = wire.closed;
    void wire.closed.then(() => abort(this.#end, undefined));
    const link = new RPCLink<Nothing>({
      websocket: wire as Pick<globalThis.WebSocket, "addEventListener" | "removeEventListener" | "send" | "readyState">,
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
    void this.#watch();
  }

  get isOpen(): boolean {
    return this.#wire.isOpen;
  }

  /** Closes it, with its other end if there is one. */
  close(): void {
    this.#wire.close();
    void wait(this.#options.timeouts.answerMs, this.#end.signal).then(() => this.giveUp("It does not close."));
  }

  /** Closes it without waiting for its other end. */
  giveUp(reason: string): void {
    this.#wire.giveUp(reason);
  }

  /**
   * Closes a socket that does not open, or that receives nothing any more: the server is probed after a silence,
   * because a dead path may stay open for hours.
   */
  async #watch(): Promise<void> {
    const { timeouts, clock } = this.#options;
    const { signal } = this.#end;
    const isOpen = await within(timeouts.connectMs, this.opened).catch(() => false);
    if (!isOpen) {
      this.giveUp("It does not open.");
      return;
    }
    while (!signal.aborted) {
      const silent = clock.monotonic() - this.#wire.heardAt;
      if (silent < timeouts.silenceMs) {
        await wait(timeouts.silenceMs - silent, signal);
        continue;
      }
      const asked = clock.monotonic();
      await within(timeouts.answerMs, this.procedures.ping()).catch(() => {});
      if (this.#wire.heardAt < asked) this.giveUp("There is no sign of life.");
    }
  }
}

/**
 * Records the position of the events. Here each is still its envelope, an object: as a string or a number it could
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
