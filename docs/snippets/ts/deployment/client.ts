// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  ping: ProcedureClient<C, undefined, string, ThrowableError>;
};
