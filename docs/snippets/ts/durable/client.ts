// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

export type Message = { from: string; text: string };

export type Open = { room: string; name: string };

export type Say = { text: string };

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** Enters a room. Authenticate the caller here: the token grants what it says. */
  open: ProcedureClient<
    C,
    Open,
    AsyncIteratorClass<Message, void, void> & {
      /** Says something to everyone in the room. */
      say: ProcedureClient<Record<never, never>, Say, void, ThrowableError>;
    },
    ThrowableError
  >;
};
