import { ORPCError } from "@orpc/client";

type Issue = { message: string; path?: readonly unknown[] };

function isIssue(value: unknown): value is Issue {
  return typeof value === "object" && value !== null && "message" in value && typeof value.message === "string";
}

function readIssues(data: unknown): Issue[] {
  if (typeof data !== "object" || data === null || !("issues" in data) || !Array.isArray(data.issues)) {
    return [];
  }
  return data.issues.filter(isIssue);
}

function describeIssue({ message, path = [] }: Issue): string {
  return path.length > 0 ? `${path.join(".")}: ${message}` : message;
}

/** Returns the reason why a message was not sent, for its author. */
export function describeFailure(error: Error): string {
  if (error instanceof ORPCError) {
    const issues = readIssues(error.data);
    const details = issues.length > 0 ? issues.map(describeIssue).join("; ") : error.message;
    return `Not sent: ${details}`;
  }
  if (error.name === "TimeoutError") {
    return "Not sent: the server did not answer in time";
  }
  return navigator.onLine ? "Not sent: the server cannot be reached" : "Not sent: you are offline";
}
