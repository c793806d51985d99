// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

export type Tick = {
  /** @format uint32 */
  n: number;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** Counts, one event at a time. */
  count: ProcedureClient<C, number, AsyncIteratorClass<number, void, void>, ThrowableError>;
  /** Events with ids: a client that comes back gets those that it has not seen. */
  ticks: ProcedureClient<C, undefined, AsyncIteratorClass<Tick, void, void>, ThrowableError>;
  /** Yields sums, ends with an error or with a return value. */
  sums: ProcedureClient<
    C,
    number,
    AsyncIteratorClass<number, string, void>,
      | ORPCError<
          "TOO_LARGE",
          {
            /** @format uint32 */
            limit: number;
          }
        >
      | ThrowableError
  >;
  /** Items from a task of your own. The channel is bounded, so the task waits for a slow reader. */
  progress: ProcedureClient<C, undefined, AsyncIteratorClass<number, void, void>, ThrowableError>;
};
