// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

/** Something that everyone in the room sees. */
export type RoomEvent =
  /** Somebody said something. */
  | {
      type: "message";
      /** Who. */
      name: string;
      /** What. */
      message: string;
      /** Milliseconds since 1970-01-01T00:00:00Z. */
      at: number;
    }
  /** Somebody came. */
  | {
      type: "joined";
      /** Who. */
      name: string;
      /** Milliseconds since 1970-01-01T00:00:00Z. */
      at: number;
    }
  /** Somebody went, and did not come back at once. */
  | {
      type: "left";
      /** Who. */
      name: string;
      /** Milliseconds since 1970-01-01T00:00:00Z. */
      at: number;
    };

/** A message to the room. */
export type SendMessage = {
  /**
   * What it says.
   *
   * @minLength 1
   * @maxLength 2000
   */
  message: string;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  chat: {
    /** Sends a message to everyone in the room. */
    send: ProcedureClient<
      C,
      SendMessage,
      void,
        | ORPCError<
            "RATE_LIMITED",
            {
              /**
               * Seconds until the next message is welcome.
               *
               * @format uint32
               */
              retryAfter: number;
            }
          >
        | ORPCError<"UNAUTHORIZED", undefined>
        | ORPCError<"INVALID_NAME", undefined>
        | ThrowableError
    >;
    /**
     * Everything that happens from the last event on that the client saw; for a
     * newcomer, from a few before now. Others see a reader with a name come and go.
     */
    onMessage: ProcedureClient<
      C,
      undefined,
      AsyncIteratorClass<RoomEvent, void, void>,
      ORPCError<"INVALID_NAME", undefined> | ThrowableError
    >;
  };
};
