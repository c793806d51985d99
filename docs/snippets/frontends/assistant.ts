// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

export type Chat = {
  /** The conversation, as the AI SDK has it. */
  messages: unknown[];
};

/** A part of an answer: those of the AI SDK that this server sends. */
export type Chunk =
  | { type: "text-start"; id: string }
  | { type: "text-delta"; id: string; delta: string }
  | { type: "text-end"; id: string };

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** Answers, word by word. */
  chat: ProcedureClient<C, Chat, AsyncIteratorClass<Chunk, void, void>, ThrowableError>;
};
