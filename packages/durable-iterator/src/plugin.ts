import type { ClientContext } from "@orpc/client";
import type {
  StandardLinkInterceptorOptions,
  StandardLinkOptions,
  StandardLinkPlugin,
  StandardRPCCustomJsonSerializer,
} from "@orpc/client/standard";
import type { BackoffOptions } from "./backoff.js";
import type { DurableIteratorGap } from "./gap.js";
import { openDurableIterator } from "./iterator.js";
import type { SessionOptions } from "./session.js";
import { CLOCK, timeoutsOf } from "./timing.js";
import type { Clock, TimeoutOptions } from "./timing.js";
import type { DurableIteratorTokenPayload } from "./token.js";
import type { WebSocketConstructor } from "./wire.js";

/** The call that opened a durable iterator. */
export type DurableIteratorCall<T extends ClientContext> = StandardLinkInterceptorOptions<T>;

export interface DurableIteratorLinkPluginOptions<T extends ClientContext> {
  /** URL of the sockets, `ws:` or `wss:`, or a function that returns it. */
  url:
    | string
    | URL
    | ((payload: DurableIteratorTokenPayload, call: DurableIteratorCall<T>) => Promise<string | URL> | string | URL);
  /**
   * Called when events are missing; the iterator continues behind them. Without it such an iterator ends with the
   * `ORPCError` of code `EVENT_GAP`: every gap is reported.
   */
  onGap?: (gap: DurableIteratorGap, call: DurableIteratorCall<T>) => void;
  /**
   * Number of seconds before its expiry at which a token is replaced by a new one, for which the original call is
   * repeated. If the server refuses it, the iterator ends with its error. Off by default: then the iterator ends with
   * UNAUTHORIZED when its token expires.
   */
  refreshTokenBeforeExpireInSeconds?: number;
  /** Minimum number of seconds between two attempts to get a new token; 2 by default. `backoff` lengthens it. */
  refreshTokenDelayInSeconds?: number;
  /** Waiting times before a socket is reopened, or a failed call for a new token is repeated. */
  backoff?: BackoffOptions;
  /** Creates the id of an iterator's client, if the server does not assign one; a random UUID by
   * default. */
  createId?: (payload: DurableIteratorTokenPayload, call: DurableIteratorCall<T>) => string;
  /** Deadlines of the server: beyond them a socket is closed, or a call for a new token fails. */
  timeouts?: TimeoutOptions;
  /** The clocks; those of the platform by default. */
  clock?: Clock;
  /** The class of the sockets; the global `WebSocket` by default. */
  WebSocket?: WebSocketConstructor;
  /** Types of your own in events, inputs and results, as for the link itself. */
  customJsonSerializers?: readonly StandardRPCCustomJsonSerializer[];
}

const MARK = "x-orpc-durable-iterator";

/** Header with the last token, so that the client keeps its id. */
const LAST_TOKEN = "x-orpc-durable-iterator-token";

/** Key of the plugin's state in a call's context. */
const STATE = Symbol("durable iterator");

interface State {
  lastToken: string | undefined;
  isDurable: boolean;
}

/** Lets procedures return iterators that outlive their sockets. */
export class DurableIteratorLinkPlugin<T extends ClientContext> implements StandardLinkPlugin<T> {
  /** Inside of retries, outside of batches. */
  readonly order = 2_100_000;
  readonly #options: DurableIteratorLinkPluginOptions<T>;

  constructor(options: DurableIteratorLinkPluginOptions<T>) {
    this.#options = options;
  }

  init(linkOptions: StandardLinkOptions<T>): void {
    linkOptions.clientInterceptors ??= [];
    linkOptions.clientInterceptors.push(async ({ next, ...options }) => {
      const state = (options.context as { [STATE]?: State })[STATE];
      const { request } = options;
      const headers = state?.lastToken
        ? { ...request.headers, [LAST_TOKEN]: encodeURIComponent(state.lastToken) }
        : request.headers;
      const response = await next({ ...options, request: { ...request, headers } });
      if (state) state.isDurable = response.headers[MARK] === "1";
      return response;
    });

    linkOptions.interceptors ??= [];
    linkOptions.interceptors.push(async ({ next, ...call }) => {
      const ask = async (lastToken: string | undefined, signal: AbortSignal | undefined) => {
        const state: State = { lastToken, isDurable: false };
        const context = { ...call.context, [STATE]: state };
        const { signal: _, ...rest } = call;
        const output = await next({ ...rest, context, ...(signal && { signal }) });
        return { output, isDurable: state.isDurable && typeof output === "string" };
      };
      const { output, isDurable } = await ask(undefined, call.signal);
      if (!isDurable) return output;
      const renew = async (token: string, signal: AbortSignal) => {
        const renewed = await ask(token, signal);
        return renewed.isDurable ? (renewed.output as string) : undefined;
      };
      return openDurableIterator(output as string, this.#sessionOptions(output as string, call, renew), call.signal);
    });
  }

  #sessionOptions(token: string, call: DurableIteratorCall<T>, renew: SessionOptions["renew"]): SessionOptions {
    const { url, onGap, createId, WebSocket: given, backoff = {}, timeouts = {}, clock = CLOCK } = this.#options;
    const WebSocket = given ?? globalThis.WebSocket;
    if (typeof WebSocket !== "function") {
      throw new TypeError("There is no WebSocket here: give the plugin the class of one, such as that of `ws`.");
    }
    const payload = () => JSON.parse(token.slice(0, token.lastIndexOf("."))) as DurableIteratorTokenPayload;
    return {
      url: (current) => (typeof url === "function" ? url(current, call) : url),
      renew,
      refreshBeforeExpireSeconds: this.#options.refreshTokenBeforeExpireInSeconds,
      refreshDelaySeconds: this.#options.refreshTokenDelayInSeconds ?? 2,
      backoff,
      onGap: onGap && ((gap) => onGap(gap, call)),
      id: createId?.(payload(), call),
      lastEventId: call.lastEventId,
      WebSocket,
      timeouts: timeoutsOf(timeouts),
      clock,
      customJsonSerializers: this.#options.customJsonSerializers ?? [],
    };
  }
}
