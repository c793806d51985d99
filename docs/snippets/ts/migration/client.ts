// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

/** `z.object({ title: z.string().min(1) })`. */
export type NewPlanet = {
  /** @minLength 1 */
  title: string;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** `.input(NewPlanet).handler(({ input, context }) => …)`. */
  create: ProcedureClient<
    C,
    NewPlanet,
    string,
    ORPCError<"UNAUTHORIZED", undefined> | ThrowableError
  >;
};
