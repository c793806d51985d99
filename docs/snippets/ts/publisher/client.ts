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
  /** The channel does not have the reader's event: it is of another epoch. */
  | "epoch"
  /** The events behind the reader's id are no longer retained. */
  | "trimmed"
  /** The reader's id is of an event that the channel does not have: it lost its end. */
  | "ahead"
  /** Events were trimmed before the reader, which was subscribed, came to read them. */
  | "slow";

export type Message = { text: string };

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** The messages from now on, or those behind the last one that the client saw. */
  onMessage: ProcedureClient<
    C,
    undefined,
    AsyncIteratorClass<Message, void, void>,
    ORPCError<"EVENT_GAP", GapData> | ThrowableError
  >;
  send: ProcedureClient<C, Message, void, ThrowableError>;
};
