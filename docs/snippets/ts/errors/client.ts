// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

export type Message = { text: string };

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  send: ProcedureClient<
    C,
    Message,
    void,
      | ORPCError<
          "RATE_LIMITED",
          {
            /** @format uint32 */
            retryAfter: number;
          }
        >
      | ORPCError<"BAD_REQUEST", undefined>
      | ThrowableError
  >;
};
