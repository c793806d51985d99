import { ORPCError } from "@orpc/client";

/** Returns the reason why there is no message stream, as the end of a sentence. */
export function disconnectReason(error: unknown, wasLive: boolean): string {
  if (!navigator.onLine) {
    return "you are offline";
  }
  if (error === undefined) {
    return "the server closed the connection";
  }
  if (error instanceof ORPCError) {
    return `the server answered “${error.message}”`;
  }
  return wasLive ? "the connection was lost" : "the server cannot be reached";
}
