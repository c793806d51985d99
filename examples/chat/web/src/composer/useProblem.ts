import { useCountdown } from "../ui/useCountdown";
import { LONGEST_MESSAGE } from "./limits";
import type { SendFailure } from "./sendMessage";

export type Problem = {
  text: string | null;
  announcement: string | null;
  /** The draft itself is what is wrong. */
  invalid: boolean;
  /** Sending again would fail again. */
  blocking: boolean;
};

/** The problem that keeps the draft from being sent: its length first, then the last failure to send. */
export function useProblem(count: number, failure: SendFailure | null): Problem {
  const wait = useCountdown(failure?.kind === "rate-limited" ? failure.retryAt : 0);
  const excess = count - LONGEST_MESSAGE;

  if (excess > 0) {
    return {
      text: `Too long by ${excess} ${excess === 1 ? "character" : "characters"}`,
      announcement: "The message is too long",
      invalid: true,
      blocking: true,
    };
  }
  if (failure?.kind === "rate-limited" && wait > 0) {
    return {
      text: `Slow down: try again in ${wait} s`,
      announcement: `Slow down: try again in ${failure.seconds} seconds`,
      invalid: false,
      blocking: true,
    };
  }
  const text = failure && failure.kind !== "rate-limited" ? failure.text : null;
  return { text, announcement: text, invalid: false, blocking: false };
}
