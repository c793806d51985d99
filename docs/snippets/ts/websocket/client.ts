// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** Adds up what the client's iterator yields. */
  sum: ProcedureClient<C, AsyncIteratorObject<number, unknown, void>, number, ThrowableError>;
  introduce: ProcedureClient<C, string, void, ThrowableError>;
};
