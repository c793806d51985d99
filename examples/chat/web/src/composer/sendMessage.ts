import { ORPCError, safe } from "@orpc/client";
import type { Rpc } from "../rpc";
import { describeFailure } from "./describeFailure";

const ANSWER_WITHIN_MS = 10_000;

export type SendFailure =
  | { kind: "rate-limited"; seconds: number; /** Milliseconds since the Unix epoch. */ retryAt: number }
  | { kind: "refused"; text: string }
  /** Sending again may help once there is a connection. */
  | { kind: "unreachable"; text: string };

/** Resolves to what went wrong, or to `null` once the message is in the room. */
export async function sendMessage(rpc: Rpc, name: string, message: string): Promise<SendFailure | null> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const { error, isDefined } = await safe(rpc.chat.send({ message }, { signal, context: { name } }));

  if (isDefined && error.code === "RATE_LIMITED") {
    const { retryAfter } = error.data;
    return { kind: "rate-limited", seconds: Math.ceil(retryAfter), retryAt: Date.now() + retryAfter * 1000 };
  }
  if (!error) {
    return null;
  }
  return { kind: error instanceof ORPCError ? "refused" : "unreachable", text: describeFailure(error) };
}
