// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

/** Data of the gap's error, as clients read it. */
export type GapData = {
  /** Reason of the gap. */
  reason: GapReason;
  /**
   * Id of the last event before the gap.
   *
   * @pattern ^[0-9a-f]{32}\.(0|[1-9][0-9]{0,19})$
   */
  last: string;
  /**
   * Position from which the events continue, without a further gap.
   *
   * @pattern ^[0-9a-f]{32}\.(0|[1-9][0-9]{0,19})$
   */
  resume: string;
};

/** Reason of a gap. */
export type GapReason =
  /** The channel does not have the reader's event: its epoch is another. */
  | "epoch"
  /** The events behind the reader's id are no longer retained. */
  | "trimmed"
  /** The reader's id is beyond the channel's last event: the channel lost its end. */
  | "ahead"
  /** Events were trimmed before the subscribed reader had read them. */
  | "slow";

/** Somebody in the room: two people may have the same name, never the same id. */
export type Person = {
  /** The public id of the person's session. */
  id: string;
  /** The name, 1 to 40 characters. */
  name: string;
};

/** The people in the room. */
export type Present = {
  /** The public id of the caller's session, where the call has one. */
  you: string | null;
  /** Everyone who follows the room under a name, in the order of their names. */
  people: Person[];
};

/** Something that everyone in the room sees. */
export type RoomEvent =
  /** A message. */
  | {
      type: "message";
      /** Its author. */
      from: Person;
      /** Its text. */
      message: string;
      /** Milliseconds since 1970-01-01T00:00:00Z. */
      at: number;
    }
  /** Somebody joined. */
  | {
      type: "joined";
      /** The newcomer. */
      who: Person;
      /** Milliseconds since 1970-01-01T00:00:00Z. */
      at: number;
    }
  /** Somebody left, and did not return at once. */
  | {
      type: "left";
      /** The person who left. */
      who: Person;
      /** Milliseconds since 1970-01-01T00:00:00Z. */
      at: number;
    }
  /** Events are missing here: the reader was away for longer than they are kept. */
  | {
      type: "missed";
      /** The time of this event, in milliseconds since 1970-01-01T00:00:00Z. */
      at: number;
    };

/** A message to the room. */
export type SendMessage = {
  /**
   * Its text.
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
               * Seconds until the next message is allowed.
               *
               * @format uint32
               */
              retryAfter: number;
            }
          >
        | ORPCError<"UNAUTHORIZED", undefined>
        | ORPCError<"INVALID_NAME", undefined>
        | ORPCError<"INVALID_SESSION", undefined>
        | ThrowableError
    >;
    /** Lists everyone in the room now. */
    people: ProcedureClient<
      C,
      undefined,
      Present,
        | ORPCError<"INVALID_NAME", undefined>
        | ORPCError<"INVALID_SESSION", undefined>
        | ThrowableError
    >;
    /**
     * Streams the events after the last one that the client saw, or all that are kept,
     * and then later ones. Others see a reader with a name join and leave.
     */
    onMessage: ProcedureClient<
      C,
      undefined,
      AsyncIteratorClass<RoomEvent, void, void>,
        | ORPCError<"EVENT_GAP", GapData>
        | ORPCError<"INVALID_NAME", undefined>
        | ORPCError<"INVALID_SESSION", undefined>
        | ThrowableError
    >;
  };
};
