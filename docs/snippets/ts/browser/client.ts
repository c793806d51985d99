// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** Counts the words of a text. */
  countWords: ProcedureClient<C, string, number, ThrowableError>;
  /** Counts seconds. */
  seconds: ProcedureClient<C, undefined, AsyncIteratorClass<number, void, void>, ThrowableError>;
};
