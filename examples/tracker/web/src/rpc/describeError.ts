import { ORPCError } from "@orpc/client";

/** The text of an error: the first issue of an invalid input, otherwise its message. */
export function describeError(error: unknown): string {
  if (!(error instanceof ORPCError)) {
    return "The server cannot be reached.";
  }
  const issues: { path: unknown[]; message: string }[] | undefined = error.data?.issues;
  const first = issues?.[0];
  return first ? `${first.path.join(".")}: ${first.message}` : `${error.message}.`;
}
