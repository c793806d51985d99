import type { AsyncIteratorClass, ORPCError, Client as Procedure, ThrowableError } from "@orpc/client";

type NoContext = Record<never, never>;

/** `at` is in milliseconds since the Unix epoch. */
export type RoomEvent =
  | { type: "message"; name: string; message: string; at: number }
  | { type: "joined"; name: string; at: number }
  | { type: "left"; name: string; at: number };

export type RateLimited = ORPCError<"RATE_LIMITED", { /** Seconds. */ retryAfter: number }>;

export type Client = {
  chat: {
    send: Procedure<NoContext, { name: string; message: string }, void, RateLimited | ThrowableError>;
    onMessage: Procedure<NoContext, { name?: string }, AsyncIteratorClass<RoomEvent, void, void>, ThrowableError>;
  };
};
