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
    ORPCError<"EVENT_GAP", GapData> | ThrowableError
  >;
};
