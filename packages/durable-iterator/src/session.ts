import { getEventMeta, ORPCError } from "@orpc/client";
import type { ClientOptions } from "@orpc/client";
import type { StandardRPCCustomJsonSerializer } from "@orpc/client/standard";
import { Backoff } from "./backoff.js";
import type { BackoffOptions } from "./backoff.js";
import { Connection } from "./connection.js";
import type { Closed, Position, WebSocketConstructor } from "./connection.js";
import { gapOf } from "./gap.js";
import type { DurableIteratorGap } from "./gap.js";
import { isSamePlace, readToken } from "./token.js";
import type { DurableIteratorTokenPayload, Token } from "./token.js";
import { unlessAborted, wait } from "./wait.js";

/** What a session needs. */
export interface SessionOptions {
  url: (payload: DurableIteratorTokenPayload) => Promise<string | URL> | string | URL;
  /** Repeats the original call, and gives its new token, or undefined if it gave no durable iterator. */
  renew: (token: string, signal: AbortSignal) => Promise<string | undefined>;
  refreshBeforeExpireSeconds: number | undefined;
  refreshDelaySeconds: number;
  backoff: BackoffOptions;
  onGap: ((gap: DurableIteratorGap) => void) | undefined;
  id: string | undefined;
  lastEventId: string | undefined;
  WebSocket: WebSocketConstructor;
  customJsonSerializers: readonly StandardRPCCustomJsonSerializer[];
}

/** The events as they come by one socket. */
interface Reading {
  connection: Connection;
  iterator: AsyncIterableIterator<unknown>;
}

/** Errors of the server after which it makes sense to come back. */
const PASSING = [408, 425, 429, 499, 500, 502, 503, 504];

const POLICY = 1008;

/** How long a socket has to be open to count as a success, in milliseconds. */
const STABLE_MS = 5000;

/** The life of one durable iterator: sockets, one after the other, its position, its token. */
export class Session {
  readonly #options: SessionOptions;
  readonly #chosenId: string;
  /** Aborted at the end, whatever the reason. */
  readonly #end = new AbortController();
  readonly #position: Position;
  #token: Token;
  /** The open socket, or the next one. */
  #connection: Promise<Connection>;
  /** The same, once it is there. */
  #open: Connection | undefined;
  readonly #backoff: Backoff;
  #events: Reading | undefined;
  #refreshing: Promise<void> | undefined;
  #lastRefresh = Number.NEGATIVE_INFINITY;

  constructor(token: string, options: SessionOptions) {
    this.#options = options;
    this.#token = readToken(token);
    this.#chosenId = options.id ?? crypto.randomUUID();
    this.#position = { lastEventId: options.lastEventId, retry: undefined };
    this.#backoff = new Backoff(options.backoff);
    this.#connection = this.#connect();
    ignoreRejection(this.#connection);
    void this.#refreshInTime();
  }

  /** Which of the channel's clients this is: the server's choice, else this client's own. */
  get id(): string {
    return this.#token.payload.cid ?? this.#chosenId;
  }

  get token(): string {
    return this.#token.text;
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Ends the session: the socket is closed, and whatever waits is rejected with the reason. */
  end(reason: unknown = closedError()): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort(reason);
    this.#connection.then((connection) => connection.close(), () => {});
  }

  /** Begins to read, so that nothing is missed from now on. */
  async open(): Promise<void> {
    await this.#subscribe();
  }

  /** The next event, over as many sockets as it takes. */
  async next(): Promise<IteratorResult<unknown>> {
    for (;;) {
      const events = this.#events ?? (await this.#subscribe());
      try {
        const item = await unlessAborted(events.iterator.next(), this.signal);
        if (item.done) this.end();
        return item;
      } catch (error) {
        this.#events = undefined;
        await this.#recover(error, events.connection);
      }
    }
  }

  /** Calls a method. It is not repeated when the socket breaks. */
  async call(path: readonly string[], input: unknown, options: ClientOptions<Record<never, never>>): Promise<unknown> {
    const signal = options.signal ? AbortSignal.any([options.signal, this.signal]) : this.signal;
    const connection = await unlessAborted(this.#connection, signal);
    // The end of the session closes the socket, so that the server need not be told of this call.
    return unlessAborted(connection.procedures.call({ path, input }, options), this.signal);
  }

  /** An open socket, however long it takes to have one. */
  async #connect(): Promise<Connection> {
    const { url, WebSocket, customJsonSerializers } = this.#options;
    for (;;) {
      this.signal.throwIfAborted();
      const target = new URL(await url(this.#token.payload));
      const token = this.#token;
      target.searchParams.append("id", this.id);
      target.searchParams.append("token", token.text);
      const connection = new Connection(target.href, token, WebSocket, this.#position, customJsonSerializers);
      const close = () => connection.close();
      this.signal.addEventListener("abort", close, { once: true });
      void connection.closed.then((closed) => {
        this.signal.removeEventListener("abort", close);
        if (closed.openFor !== undefined) this.#lost(connection, closed);
      });
      if (await connection.opened) {
        this.signal.throwIfAborted();
        this.#open = connection;
        // A token that came meanwhile is for this socket, too.
        await this.#tell(connection);
        return connection;
      }
      // A server refuses an expired token, but a browser does not say why.
      if (token === this.#token && hasExpired(token)) await this.#renewExpired();
      await wait(this.#backoff.next(), this.signal);
    }
  }

  /** The socket was closed. The next one is on its way at once, as methods wait for it. */
  #lost(connection: Connection, { code, reason, openFor = 0 }: Closed): void {
    if (this.#open === connection) this.#open = undefined;
    if (this.signal.aborted) return;
    // One that was closed at once is no success, though it was open.
    if (openFor > STABLE_MS) this.#backoff.reset();
    const again = async () => {
      if (code === POLICY && reason === "Token expired") {
        await this.#renewExpired();
      } else if (code === POLICY) {
        throw this.#fail(new ORPCError("UNAUTHORIZED", { message: reason || "The server refuses this client" }));
      }
      await wait(this.#backoff.next(), this.signal);
      return this.#connect();
    };
    const before = this.#connection;
    const next = before.then((own) => (own === connection ? again() : own));
    this.#connection = next;
    ignoreRejection(next);
  }

  #fail(error: Error): Error {
    this.end(error);
    return error;
  }

  async #subscribe(): Promise<Reading> {
    for (;;) {
      const connection = await unlessAborted(this.#connection, this.signal);
      try {
        const { lastEventId } = this.#position;
        const options = lastEventId === undefined ? {} : { lastEventId };
        const iterator = await unlessAborted(connection.procedures.subscribe(undefined, options), this.signal);
        this.#events = { connection, iterator };
        return this.#events;
      } catch (error) {
        await this.#recover(error, connection);
      }
    }
  }

  /** Gets over an error of the events of a socket, or throws it if nobody can. */
  async #recover(error: unknown, connection: Connection): Promise<void> {
    if (this.signal.aborted) throw this.signal.reason;
    const gap = gapOf(error);
    if (gap) {
      // The error's event has this id as well, if it came as one.
      this.#position.lastEventId = getEventMeta(error)?.id ?? gap.resume;
      if (!this.#options.onGap) throw this.#fail(error as Error);
      this.#options.onGap(gap);
      return;
    }
    if (isPassing(error)) {
      await wait(this.#position.retry ?? this.#backoff.next(), this.signal);
    } else if (error instanceof ORPCError || connection.isOpen) {
      throw this.#fail(error as Error);
    } else {
      // The next socket waits for its turn by itself. Here it is only made sure that it is known.
      await connection.closed;
      await wait(0, this.signal);
    }
  }

  /** Gets a new token in place of one that has expired. Without refresh there is none, and the session ends. */
  async #renewExpired(): Promise<void> {
    if (this.#options.refreshBeforeExpireSeconds === undefined) {
      throw this.#fail(new ORPCError("UNAUTHORIZED", { message: "Token expired" }));
    }
    await this.#refresh();
  }

  /** Gets a new token before each expires, for as long as the session lasts. */
  async #refreshInTime(): Promise<void> {
    const before = this.#options.refreshBeforeExpireSeconds;
    if (before === undefined) return;
    while (!this.signal.aborted) {
      const due = this.#token.payload.exp - before - Date.now() / 1000;
      const soonest = this.#lastRefresh + this.#options.refreshDelaySeconds - performance.now() / 1000;
      const seconds = Math.max(due, soonest);
      if (seconds > 0) {
        // Timers stop while a computer sleeps: it is looked at again every now and then.
        await wait(Math.min(seconds, 60) * 1000, this.signal);
      } else {
        await this.#refresh().catch(() => {});
      }
    }
  }

  /** Gets a new token, however long it takes, unless the server refuses it: then the session ends. One at a time. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#refreshOnce().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refreshOnce(): Promise<void> {
    this.#token = await this.#renew();
    if (this.#open) await this.#tell(this.#open);
  }

  async #renew(): Promise<Token> {
    const backoff = new Backoff(this.#options.backoff);
    for (;;) {
      this.signal.throwIfAborted();
      this.#lastRefresh = performance.now() / 1000;
      let text: string | undefined;
      try {
        text = await unlessAborted(this.#options.renew(this.#token.text, this.signal), this.signal);
      } catch (error) {
        if (error instanceof ORPCError && !isPassing(error)) throw this.#fail(error);
        // The server was not reached, or is not itself.
        await wait(Math.max(this.#options.refreshDelaySeconds * 1000, backoff.next()), this.signal);
        continue;
      }
      if (text === undefined) throw this.#fail(new TypeError("The repeated call gave no durable iterator."));
      try {
        return readToken(text);
      } catch (error) {
        throw this.#fail(error as Error);
      }
    }
  }

  /** Tells the server of the newest token. A socket that it is not good for is opened anew. */
  async #tell(connection: Connection): Promise<void> {
    const [former, token] = [connection.token, this.#token];
    if (former === token) return;
    connection.token = token;
    if (!isSamePlace(former.payload, token.payload)) {
      if (former.payload.chn !== token.payload.chn) this.#position.lastEventId = undefined;
      connection.close();
      return;
    }
    try {
      await unlessAborted(connection.procedures.updateToken({ token: token.text }), this.signal);
    } catch {
      // The next socket comes with the new token.
      connection.close();
    }
  }
}

/** What waits fails with when nobody gave a reason for the end. */
function closedError(): Error {
  return Object.assign(new Error("The durable iterator is closed."), { name: "AbortError" });
}

function isPassing(error: unknown): boolean {
  return error instanceof ORPCError && PASSING.includes(error.status);
}

function hasExpired({ payload }: Token): boolean {
  return payload.exp < Date.now() / 1000;
}

/** Whoever waits for the promise sees its rejection; nobody may. */
function ignoreRejection(promise: Promise<unknown>): void {
  promise.catch(() => {});
}
