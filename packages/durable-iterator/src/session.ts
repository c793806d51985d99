import { getEventMeta, ORPCError } from "@orpc/client";
import type { ClientOptions } from "@orpc/client";
import { Backoff } from "./backoff.js";
import type { BackoffOptions } from "./backoff.js";
import { Connection } from "./connection.js";
import type { ConnectionOptions, Position } from "./connection.js";
import { gapOf } from "./gap.js";
import type { DurableIteratorGap } from "./gap.js";
import { randomId } from "./id.js";
import { abort, abortError, onAbort, reasonOf, throwIfAborted, unlessAborted, wait, within, LateError } from "./signals.js";
import { ageOf, hasExpired, isSamePlace, lifeOf, readToken } from "./token.js";
import type { DurableIteratorTokenPayload, Token } from "./token.js";
import type { Closed } from "./wire.js";

/** Configuration of a session. */
export interface SessionOptions extends ConnectionOptions {
  url: (payload: DurableIteratorTokenPayload) => Promise<string | URL> | string | URL;
  /** Repeats the original call, and returns its new token, or undefined if it returned no durable
   * iterator. */
  renew: (token: string, signal: AbortSignal) => Promise<string | undefined>;
  refreshBeforeExpireSeconds: number | undefined;
  refreshDelaySeconds: number;
  backoff: BackoffOptions;
  onGap: ((gap: DurableIteratorGap) => void) | undefined;
  id: string | undefined;
  lastEventId: string | undefined;
}

/** The events of one socket. */
interface Reading {
  connection: Connection;
  iterator: AsyncIterableIterator<unknown>;
}

/** Statuses of the server after which the client reconnects. */
const PASSING = [408, 425, 429, 499, 500, 502, 503, 504];

const POLICY = 1008;

/** Time that a socket has to be open to count as a success, in milliseconds. */
const STABLE_MS = 5000;

/** One durable iterator: its consecutive sockets, its position, its token. */
export class Session {
  readonly #options: SessionOptions;
  #chosenId: string | undefined;
  /** Aborted at the end, for any reason. */
  readonly #end = new AbortController();
  readonly #position: Position;
  #token: Token;
  /** The open socket, or the next one. */
  #connection: Promise<Connection>;
  /** The connection, once it is open. */
  #open: Connection | undefined;
  readonly #backoff: Backoff;
  #events: Reading | undefined;
  #refreshing: Promise<void> | undefined;
  /** Time of the last request for a token, by the monotonic clock in milliseconds. */
  #lastRefresh = Number.NEGATIVE_INFINITY;
  /** Waits between requests for tokens after a socket did not open. */
  readonly #refusals: Backoff;
  /** Last of these waits, in milliseconds. */
  #refusalWait = 0;

  constructor(token: string, options: SessionOptions) {
    this.#options = options;
    this.#token = readToken(token, options.clock);
    this.#chosenId = options.id;
    this.#position = { lastEventId: options.lastEventId, retry: undefined };
    this.#backoff = new Backoff(options.backoff);
    this.#refusals = new Backoff(options.backoff);
    this.#connection = this.#connect();
    ignoreRejection(this.#connection);
    void this.#refreshInTime();
  }

  /** Id of the channel's client: assigned by the server, or otherwise chosen here. */
  get id(): string {
    return this.#token.payload.cid ?? (this.#chosenId ??= randomId());
  }

  get token(): string {
    return this.#token.text;
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Ends the session: the socket is closed, and pending calls are rejected with the reason. */
  end(reason: unknown = abortError("The durable iterator is closed.")): void {
    if (this.#end.signal.aborted) return;
    abort(this.#end, reason);
    this.#connection.then((connection) => connection.close(), () => {});
  }

  /** Starts to read, so that no later event is missed. */
  async open(): Promise<void> {
    await this.#subscribe();
  }

  /** Returns the next event, over as many sockets as necessary. */
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
    const signals = options.signal ? [options.signal, this.signal] : [this.signal];
    for (;;) {
      const connection = await unlessAborted(this.#connection, ...signals);
      // The end of the session closes the socket, so that the server need not be told of this call.
      if (connection.isOpen) return unlessAborted(connection.procedures.call({ path, input }, options), this.signal);
      // It is closing: nothing was sent, and the next socket is being opened.
      await unlessAborted(connection.closed, ...signals);
      await wait(0, this.signal);
    }
  }

  /** Waits for an open socket. */
  async #connect(): Promise<Connection> {
    for (;;) {
      throwIfAborted(this.signal);
      const token = this.#token;
      const connection = await this.#dial(token);
      if (connection && (await connection.opened)) {
        throwIfAborted(this.signal);
        this.#open = connection;
        // A token that arrived in the meantime applies to this socket, too.
        await this.#tell(connection);
        return connection;
      }
      if (connection && token === this.#token) await this.#refused(token);
      await wait(this.#backoff.next(), this.signal);
    }
  }

  /** A socket that is about to open; undefined while its URL is unknown. */
  async #dial(token: Token): Promise<Connection | undefined> {
    let url: string | URL;
    try {
      const found = (async () => this.#options.url(token.payload))();
      url = await unlessAborted(within(this.#options.timeouts.requestMs, found), this.signal);
    } catch (error) {
      throwIfAborted(this.signal);
      if (error instanceof ORPCError && !isPassing(error)) throw this.#fail(error);
      return undefined;
    }
    let connection: Connection;
    try {
      const target = new URL(url);
      target.searchParams.append("id", this.id);
      target.searchParams.append("token", token.text);
      connection = new Connection(target.href, token, this.#position, this.#options);
    } catch (error) {
      // The URL is missing or refused by the page: the next attempt would fail as well.
      throw this.#fail(error as Error);
    }
    const forget = onAbort(this.signal, () => connection.close());
    void connection.closed.then((closed) => {
      forget();
      if (closed.openFor !== undefined) this.#lost(connection, closed);
    });
    return connection;
  }

  /**
   * Handles a socket that did not open: the server refused its token, or was not reached. A browser does not
   * distinguish these. So a new token is requested, at growing intervals, whatever the age of this one is.
   */
  async #refused(token: Token): Promise<void> {
    const { clock, refreshBeforeExpireSeconds, refreshDelaySeconds } = this.#options;
    if (hasExpired(token, clock)) return this.#renewExpired();
    if (refreshBeforeExpireSeconds === undefined) return;
    const since = clock.monotonic() - this.#lastRefresh;
    if (since < Math.max(this.#refusalWait, refreshDelaySeconds * 1000)) return;
    this.#refusalWait = this.#refusals.next();
    // Once, with a deadline: the token may be valid, and the path dead for that call as well.
    const refreshing = this.#refresh(true);
    ignoreRejection(refreshing);
    await within(this.#options.timeouts.answerMs, refreshing).catch(() => {});
  }

  /** Handles the close of the socket. The next one is opened at once, because methods wait
   * for it. */
  #lost(connection: Connection, { code, reason, openFor = 0 }: Closed): void {
    if (this.#open === connection) this.#open = undefined;
    if (this.signal.aborted) return;
    // A socket that closed at once is not a success, although it was open.
    if (openFor > STABLE_MS) {
      this.#backoff.reset();
      this.#refusals.reset();
      this.#refusalWait = 0;
    }
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
        const iterator = await this.#ask(connection, connection.procedures.subscribe(undefined, options));
        this.#events = { connection, iterator };
        return this.#events;
      } catch (error) {
        await this.#recover(error, connection);
      }
    }
  }

  /** The answer of the server. A socket without an answer, though it is open, is closed. */
  async #ask<T>(connection: Connection, answer: Promise<T>): Promise<T> {
    try {
      return await unlessAborted(within(this.#options.timeouts.requestMs, answer), this.signal);
    } catch (error) {
      if (error instanceof LateError) connection.giveUp(error.message);
      throw error;
    }
  }

  /** Recovers from an error of the events of a socket, or throws it. */
  async #recover(error: unknown, connection: Connection): Promise<void> {
    throwIfAborted(this.signal);
    const gap = gapOf(error);
    if (gap) {
      // The error's event has this id as well, if it was sent as an event.
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
      // The next socket waits by itself. This only ensures that the close was handled.
      await connection.closed;
      await wait(0, this.signal);
    }
  }

  /** Gets a new token in place of an expired one. Without refresh the session ends. */
  async #renewExpired(): Promise<void> {
    if (this.#options.refreshBeforeExpireSeconds === undefined) {
      throw this.#fail(new ORPCError("UNAUTHORIZED", { message: "Token expired" }));
    }
    await this.#refresh();
  }

  /** Gets a new token before each one expires, as long as the session lasts. */
  async #refreshInTime(): Promise<void> {
    const { clock, refreshBeforeExpireSeconds: before, refreshDelaySeconds } = this.#options;
    if (before === undefined) return;
    while (!this.signal.aborted) {
      const life = lifeOf(this.#token);
      // For a shorter lifetime, half of it is waited for.
      const due = (before < life ? life - before : life / 2) - ageOf(this.#token, clock);
      const soonest = (this.#lastRefresh - clock.monotonic()) / 1000 + refreshDelaySeconds;
      const seconds = Math.max(due, soonest);
      if (seconds > 0) {
        // Timers stop while a computer sleeps: the age is checked again regularly.
        await wait(Math.min(seconds, 60) * 1000, this.signal);
      } else {
        await this.#refresh().catch(() => {});
      }
    }
  }

  /**
   * Gets a new token, with repeated attempts or with one. If the server refuses it the session ends. One request at a
   * time.
   */
  #refresh(isOnce = false): Promise<void> {
    if (this.#refreshing) return isOnce ? Promise.resolve() : this.#refreshing;
    const refreshing = this.#refreshOnce(isOnce).finally(() => {
      this.#refreshing = undefined;
    });
    this.#refreshing = refreshing;
    return refreshing;
  }

  async #refreshOnce(isOnce: boolean): Promise<void> {
    const token = await this.#renew(isOnce);
    if (!token) return;
    this.#token = token;
    if (this.#open) await this.#tell(this.#open);
  }

  async #renew(isOnce: boolean): Promise<Token | undefined> {
    const { backoff: waits, clock, refreshDelaySeconds, renew } = this.#options;
    const backoff = new Backoff(waits);
    for (;;) {
      throwIfAborted(this.signal);
      this.#lastRefresh = clock.monotonic();
      let text: string | undefined;
      try {
        text = await this.#askAgain(renew);
      } catch (error) {
        throwIfAborted(this.signal);
        if (error instanceof ORPCError && !isPassing(error)) throw this.#fail(error);
        // The server was not reached, or another server answered.
        if (isOnce) return undefined;
        await wait(Math.max(refreshDelaySeconds * 1000, backoff.next()), this.signal);
        continue;
      }
      if (text === undefined) throw this.#fail(new TypeError("The repeated call gave no durable iterator."));
      try {
        return readToken(text, clock);
      } catch (error) {
        throw this.#fail(error as Error);
      }
    }
  }

  /** Repeats the original call, with a deadline. */
  async #askAgain(renew: SessionOptions["renew"]): Promise<string | undefined> {
    const given = new AbortController();
    const forget = onAbort(this.signal, () => abort(given, reasonOf(this.signal)));
    const answer = renew(this.#token.text, given.signal);
    ignoreRejection(answer);
    try {
      return await unlessAborted(within(this.#options.timeouts.requestMs, answer), this.signal);
    } catch (error) {
      if (error instanceof LateError) abort(given, error);
      throw error;
    } finally {
      forget();
    }
  }

  /** Sends the newest token to the server. A socket that cannot use it is reopened. */
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
      await this.#ask(connection, connection.procedures.updateToken({ token: token.text }));
    } catch {
      // The next socket uses the new token.
      connection.close();
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof ORPCError && PASSING.includes(error.status);
}

/** Other waiters see the rejection of the promise; there may be none. */
function ignoreRejection(promise: Promise<unknown>): void {
  promise.catch(() => {});
}
