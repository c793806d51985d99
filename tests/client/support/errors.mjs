import assert from "node:assert/strict";
import { ORPCError } from "@orpc/client";

export const MALFORMED =
  "Malformed request. Ensure the request body is properly formatted and the 'Content-Type' header is set correctly.";

/** Code, status and default message of every error that the protocol knows. */
export const COMMON_ERRORS = [
  ["BAD_REQUEST", 400, "Bad Request"],
  ["UNAUTHORIZED", 401, "Unauthorized"],
  ["FORBIDDEN", 403, "Forbidden"],
  ["NOT_FOUND", 404, "Not Found"],
  ["METHOD_NOT_SUPPORTED", 405, "Method Not Supported"],
  ["NOT_ACCEPTABLE", 406, "Not Acceptable"],
  ["TIMEOUT", 408, "Request Timeout"],
  ["CONFLICT", 409, "Conflict"],
  ["PRECONDITION_FAILED", 412, "Precondition Failed"],
  ["PAYLOAD_TOO_LARGE", 413, "Payload Too Large"],
  ["UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type"],
  ["UNPROCESSABLE_CONTENT", 422, "Unprocessable Content"],
  ["TOO_MANY_REQUESTS", 429, "Too Many Requests"],
  ["CLIENT_CLOSED_REQUEST", 499, "Client Closed Request"],
  ["INTERNAL_SERVER_ERROR", 500, "Internal Server Error"],
  ["NOT_IMPLEMENTED", 501, "Not Implemented"],
  ["BAD_GATEWAY", 502, "Bad Gateway"],
  ["SERVICE_UNAVAILABLE", 503, "Service Unavailable"],
  ["GATEWAY_TIMEOUT", 504, "Gateway Timeout"],
];

/** Checks that `error` is the client's ORPCError with exactly these members; one left out has to be undefined. */
export function assertORPCError(error, { defined = false, code, status, message, data }) {
  if (!(error instanceof ORPCError)) assert.fail(`not an ORPCError: ${error?.stack ?? error}`);
  assert.deepEqual(
    { defined: error.defined, code: error.code, status: error.status, message: error.message, data: error.data },
    { defined, code, status, message, data },
  );
}

/** The error that `promise` is rejected with. */
export async function errorOf(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  assert.fail(`the call was to fail, but gave ${JSON.stringify(value)}`);
}

/** Checks that `error` says that the input is invalid, with one issue at each of `paths` and no other. */
export function assertInputRefused(error, paths) {
  assertORPCError(error, { code: "BAD_REQUEST", status: 400, message: "Input validation failed", data: error.data });
  assertIssues(error.data, paths);
}

/** Checks the `data` of a validation error: one issue at each of `paths` and no other, each with a message. */
export function assertIssues(data, paths) {
  assert.deepEqual(Object.keys(data), ["issues"]);
  for (const { message } of data.issues) {
    assert.equal(typeof message, "string");
    assert.notEqual(message, "");
  }
  const sorted = (list) => list.map((path) => JSON.stringify(path)).sort();
  assert.deepEqual(sorted(data.issues.map((issue) => issue.path)), sorted(paths));
}
