// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

export type ThingInput = {
  /** @format uint64 */
  id: bigint;
  name?: string | null | undefined;
};

export type ThingOutput = {
  /** @format uint64 */
  id: bigint;
  name: string | null;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  nothing: ProcedureClient<C, undefined, void, ThrowableError>;
  /**
   * Given something, it gives something.
   *
   * On several lines.
   */
  something: ProcedureClient<
    C,
    ThingInput,
    ThingOutput,
      | ORPCError<
          "RATE_LIMITED",
          {
            /**
             * Seconds.
             *
             * @format uint32
             */
            retryAfter: number;
          }
        >
      | ORPCError<"NOT_FOUND", undefined>
      | ORPCError<"FULL", ThingOutput[]>
      | ThrowableError
  >;
  maybe: ProcedureClient<C, ThingInput | null | undefined, ThingOutput | null, ThrowableError>;
  list: ProcedureClient<C, (ThingInput | null)[], (ThingOutput | null)[], ThrowableError>;
  /** @deprecated since 1.2.0: use `something` */
  old: ProcedureClient<C, undefined, string, ThrowableError>;
  plainStream: ProcedureClient<C, undefined, AsyncIteratorClass<number, void, void>, ThrowableError>;
  stream: ProcedureClient<
    C,
    ThingInput,
    AsyncIteratorClass<ThingOutput, string, void>,
      | ORPCError<
          "RATE_LIMITED",
          {
            /**
             * Seconds.
             *
             * @format uint32
             */
            retryAfter: number;
          }
        >
      | ORPCError<"NOT_FOUND", undefined>
      | ORPCError<"FULL", ThingOutput[]>
      | ThrowableError
  >;
  hibernating: ProcedureClient<
    C,
    undefined,
    AsyncIteratorClass<ThingOutput, void, void>,
      | ORPCError<
          "RATE_LIMITED",
          {
            /**
             * Seconds.
             *
             * @format uint32
             */
            retryAfter: number;
          }
        >
      | ORPCError<"NOT_FOUND", undefined>
      | ORPCError<"FULL", ThingOutput[]>
      | ThrowableError
  >;
  streamed: ProcedureClient<
    C,
    AsyncIteratorObject<ThingInput, string, void>,
    number,
    ThrowableError
  >;
  streamedWithoutEnd: ProcedureClient<
    C,
    AsyncIteratorObject<number, unknown, void>,
    void,
    ThrowableError
  >;
};
