import { ORPCError } from "@orpc/client";

/** Events that the server no longer has, between the last received one and the next. */
export interface DurableIteratorGap {
  /**
   * Reason: the channel began a new `epoch`; the events were `trimmed`; the server is behind the received events
   * (`ahead`); this client was too `slow`.
   */
  reason: "epoch" | "trimmed" | "ahead" | "slow" | (string & {});
  /** Id of the last event before the gap. */
  last: string;
  /** Position from which the events continue. */
  resume: string;
}

/** Returns the gap in an error, if there is one. */
export function gapOf(error: unknown): DurableIteratorGap | undefined {
  if (!(error instanceof ORPCError) || error.code !== "EVENT_GAP") return undefined;
  return error.data as DurableIteratorGap;
}
