// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

/** Data of the error, as clients read it. */
export type RateLimitData = {
  /**
   * Number of calls that may follow each other at once.
   *
   * @format uint32
   */
  limit: number;
  /**
   * Number of calls that are allowed now: none.
   *
   * @format uint32
   */
  remaining: number;
  /** Time when the next call is allowed, in milliseconds since 1970. */
  reset: number;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  send: ProcedureClient<
    C,
    string,
    void,
    ORPCError<"TOO_MANY_REQUESTS", RateLimitData> | ThrowableError
  >;
};
