// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

export type Greet = {
  /**
   * @minLength 1
   * @maxLength 100
   */
  name: string;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** Greets somebody. */
  greet: ProcedureClient<C, Greet, string, ThrowableError>;
  /** Counts down, one event at a time. */
  countdown: ProcedureClient<C, number, AsyncIteratorClass<number, void, void>, ThrowableError>;
};
