import type { AsyncIteratorClass, ORPCError, Client as Procedure, ThrowableError } from "@orpc/client";

type NoContext = Record<never, never>;

export type ChatMessage = {
  name: string;
  message: string;
  /** Milliseconds since the Unix epoch. */
  sentAt: number;
};

export type RateLimited = ORPCError<"RATE_LIMITED", { /** Seconds. */ retryAfter: number }>;

export type Client = {
  chat: {
    send: Procedure<NoContext, { name: string; message: string }, void, RateLimited | ThrowableError>;
    onMessage: Procedure<NoContext, void, AsyncIteratorClass<ChatMessage, void, void>, ThrowableError>;
  };
};
