// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

export type Credentials = { name: string; password: string };

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** Begins a session. Over HTTP, since a socket has no response head. */
  signIn: ProcedureClient<C, Credentials, void, ThrowableError>;
  signOut: ProcedureClient<C, undefined, void, ThrowableError>;
  whoAmI: ProcedureClient<C, undefined, string, ThrowableError>;
};
