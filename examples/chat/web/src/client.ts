// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

/** What clients read of a gap. */
export type GapData = {
  /** Why events are missing. */
  reason: GapReason;
  /**
   * The id of the last event before the gap.
   *
   * @pattern ^[0-9a-f]{32}\.(0|[1-9][0-9]{0,19})$
   */
  last: string;
  /**
   * The position from which the events go on, without a further gap.
   *
   * @pattern ^[0-9a-f]{32}\.(0|[1-9][0-9]{0,19})$
   */
  resume: string;
};

/** Why events are missing. */
export type GapReason =
  /** The reader's id is of another life of the channel, of which nothing is left. */
  | "epoch"
  /** The events behind the reader's id are no longer retained. */
  | "trimmed"
  /** The reader's id is of an event that the channel does not have: it lost its end. */
  | "ahead"
  /** Events were trimmed before the reader, which was subscribed, came to read them. */
  | "slow";

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
    }
  /** What happened here is no longer known: the reader was away for too long. */
  | {
      type: "missed";
      /** When the reader is told, in milliseconds since 1970-01-01T00:00:00Z. */
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
     * Everything that happened from the last event on that the client saw, or is
     * known, and then what happens. Others see a reader with a name come and go.
     */
    onMessage: ProcedureClient<
      C,
      undefined,
      AsyncIteratorClass<RoomEvent, void, void>,
      ORPCError<"EVENT_GAP", GapData> | ORPCError<"INVALID_NAME", undefined> | ThrowableError
    >;
  };
};
