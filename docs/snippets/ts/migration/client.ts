// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

/** `z.object({ title: z.string().min(1) })`. */
export type NewPlanet = {
  /** @minLength 1 */
  title: string;
};

export type Planet = {
  /** @format uint32 */
  id: number;
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
  find: ProcedureClient<
    C,
    number,
    Planet,
      | ORPCError<
          "NO_SUCH_PLANET",
          {
            /** @format uint32 */
            id: number;
          }
        >
      | ORPCError<"UNAUTHORIZED", undefined>
      | ThrowableError
  >;
  /** `async function* ({ lastEventId })`. */
  watch: ProcedureClient<
    C,
    undefined,
    AsyncIteratorClass<Planet, void, void>,
    ORPCError<"UNAUTHORIZED", undefined> | ThrowableError
  >;
};
