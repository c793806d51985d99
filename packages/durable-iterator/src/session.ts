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

/** The needs of a session. */
export interface SessionOptions extends ConnectionOptions {
  url: (payload: DurableIteratorTokenPayload) => Promise<string | URL> | string | URL;
  /** Repeats the original call, and gives its new token, or undefined if it gave no durable iterator. */
  renew: (token: string, signal: AbortSignal) => Promise<string | undefined>;
  refreshBeforeExpireSeconds: number | undefined;
  refreshDelaySeconds: number;
  backoff: BackoffOptions;
  onGap: ((gap: DurableIteratorGap) => void) | undefined;
  id: string | undefined;
  lastEventId: string | undefined;
}

/** The events as they come by one socket. */
interface Reading {
  connection: Connection;
  iterator: AsyncIterableIterator<unknown>;
}

/** Errors of the server after which it makes sense to come back. */
const PASSING = [408, 425, 429, 499, 500, 502, 503, 504];

const POLICY = 1008;

/** Time that a socket has to be open to count as a success, in milliseconds. */
const STABLE_MS = 5000;

/** The life of one durable iterator: sockets, one after the other, its position, its token. */
export class Session {
  readonly #options: SessionOptions;
  #chosenId: string | undefined;
  /** Aborted at the end, whatever the reason. */
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
  /** When a token was asked for last, by the monotonic clock in milliseconds. */
  #lastRefresh = Number.NEGATIVE_INFINITY;
  /** The waits between tokens that are asked for as a socket did not open. */
  readonly #refusals: Backoff;
  /** The pause after the last one, in milliseconds. */
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

  /** The id of the channel's client that this is: the server's choice, else this client's own. */
  get id(): string {
    return this.#token.payload.cid ?? (this.#chosenId ??= randomId());
  }

  get token(): string {
    return this.#token.text;
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Ends the session: the socket is closed, and whatever waits is rejected with the reason. */
  end(reason: unknown = abortError("The durable iterator is closed.")): void {
    if (this.#end.signal.aborted) return;
    abort(this.#end, reason);
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
    const signals = options.signal ? [options.signal, this.signal] : [this.signal];
    for (;;) {
      const connection = await unlessAborted(this.#connection, ...signals);
      // The end of the session closes the socket, so that the server need not be told of this call.
      if (connection.isOpen) return unlessAborted(connection.procedures.call({ path, input }, options), this.signal);
      // It closes: nothing was sent, and the next one is on its way.
      await unlessAborted(connection.closed, ...signals);
      await wait(0, this.signal);
    }
  }

  /** An open socket, however long it takes to have one. */
  async #connect(): Promise<Connection> {
    for (;;) {
      throwIfAborted(this.signal);
      const token = this.#token;
      const connection = await this.#dial(token);
      if (connection && (await connection.opened)) {
        throwIfAborted(this.signal);
        this.#open = connection;
        // A token that came meanwhile is for this socket, too.
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
      // No URL, or none that a page may open: the next attempt would be no better.
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
   * A socket did not open: the server refused its token, or was not reached. A browser does not say which. So a new token
   * is asked for, at waits that grow, whatever the clocks say of the age of this one.
   */
  async #refused(token: Token): Promise<void> {
    const { clock, refreshBeforeExpireSeconds, refreshDelaySeconds } = this.#options;
    if (hasExpired(token, clock)) return this.#renewExpired();
    if (refreshBeforeExpireSeconds === undefined) return;
    const since = clock.monotonic() - this.#lastRefresh;
    if (since < Math.max(this.#refusalWait, refreshDelaySeconds * 1000)) return;
    this.#refusalWait = this.#refusals.next();
    // Once, and not for long: the token may be good, and the path dead for that call as well.
    const refreshing = this.#refresh(true);
    ignoreRejection(refreshing);
    await within(this.#options.timeouts.answerMs, refreshing).catch(() => {});
  }

  /** The socket was closed. The next one is on its way at once, as methods wait for it. */
  #lost(connection: Connection, { code, reason, openFor = 0 }: Closed): void {
    if (this.#open === connection) this.#open = undefined;
    if (this.signal.aborted) return;
    // One that was closed at once is no success, though it was open.
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

  /** Gets over an error of the events of a socket, or throws it if that cannot be. */
  async #recover(error: unknown, connection: Connection): Promise<void> {
    throwIfAborted(this.signal);
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

  /** Gets a new token in place of an expired one. Without refresh the session ends. */
  async #renewExpired(): Promise<void> {
    if (this.#options.refreshBeforeExpireSeconds === undefined) {
      throw this.#fail(new ORPCError("UNAUTHORIZED", { message: "Token expired" }));
    }
    await this.#refresh();
  }

  /** Gets a new token before each expires, for as long as the session lasts. */
  async #refreshInTime(): Promise<void> {
    const { clock, refreshBeforeExpireSeconds: before, refreshDelaySeconds } = this.#options;
    if (before === undefined) return;
    while (!this.signal.aborted) {
      const life = lifeOf(this.#token);
      // Of one that lives no longer than that, half of its life is waited for.
      const due = (before < life ? life - before : life / 2) - ageOf(this.#token, clock);
      const soonest = (this.#lastRefresh - clock.monotonic()) / 1000 + refreshDelaySeconds;
      const seconds = Math.max(due, soonest);
      if (seconds > 0) {
        // Timers stop while a computer sleeps: it is looked at again every now and then.
        await wait(Math.min(seconds, 60) * 1000, this.signal);
      } else {
        await this.#refresh().catch(() => {});
      }
    }
  }

  /**
   * Gets a new token, however long it takes, or by one attempt. If the server refuses it the session ends. One at a time.
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
        // The server was not reached, or is not itself.
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

  /** Repeats the original call, which is given up when there is no answer. */
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
      await this.#ask(connection, connection.procedures.updateToken({ token: token.text }));
    } catch {
      // The next socket comes with the new token.
      connection.close();
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof ORPCError && PASSING.includes(error.status);
}

/** Those that wait for the promise see its rejection; there may be none. */
function ignoreRejection(promise: Promise<unknown>): void {
  promise.catch(() => {});
}
