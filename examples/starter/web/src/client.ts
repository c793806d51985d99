// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

export type Greet = {
  /**
   * @minLength 1
   * @maxLength 40
   */
  name: string;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** Greets somebody. */
  greet: ProcedureClient<C, Greet, string, ThrowableError>;
  /** Counts down, once a second. */
  countdown: ProcedureClient<
    C,
    number,
    AsyncIteratorClass<number, void, void>,
    ORPCError<"TOO_LONG", undefined> | ThrowableError
  >;
};
