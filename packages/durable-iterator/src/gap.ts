import { ORPCError } from "@orpc/client";

/** Events that the server no longer has, between the last one that was received and the next. */
export interface DurableIteratorGap {
  /**
   * Reason: the channel began a new `epoch`; the events were `trimmed`; the server is behind the received events
   * (`ahead`); this client was too `slow`.
   */
  reason: "epoch" | "trimmed" | "ahead" | "slow" | (string & {});
  /** The id of the last event before the gap. */
  last: string;
  /** The position from which events go on. */
  resume: string;
}

/** The gap that an error tells of, if it does. */
export function gapOf(error: unknown): DurableIteratorGap | undefined {
  if (!(error instanceof ORPCError) || error.code !== "EVENT_GAP") return undefined;
  return error.data as DurableIteratorGap;
}
