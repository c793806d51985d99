import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { COMMON_ERRORS, MALFORMED, assertIssues } from "./errors.mjs";
import { soon } from "./eventually.mjs";

const DUE = 1000;
const PATIENCE = 10_000;

/** Sends one request on a connection of its own (or of `agent`) and returns the response as soon as its head has
 * arrived. */
export function open(origin, path, { method = "POST", headers = {}, body, agent = new Agent() } = {}) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const framed = body === undefined || "transfer-encoding" in headers;
    const length = framed ? {} : { "content-length": Buffer.byteLength(body) };
    const request = httpRequest({ hostname, port, path, method, headers: { ...headers, ...length }, agent });
    request.once("error", reject).once("response", resolve);
    request.end(body);
  });
}

/** Sends one request and reads the response to its end, which comes soon: `{ status, headers, text }`. */
export async function send(origin, path, options) {
  const response = await open(origin, path, options);
  try {
    return await soon("the end of the response", readAll(response), PATIENCE);
  } finally {
    response.destroy();
  }
}

async function readAll(response) {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

/** Sends one request with a JSON body given as text. */
export const sendJson = (origin, path, body, options = {}) =>
  send(origin, path, { body, ...options, headers: { "content-type": "application/json", ...options.headers } });

/**
 * Sends bytes over TCP as they are and returns the head of the answer, which comes soon.
 * The status is NaN when the server closes the connection without an answer.
 */
export function sendBytes(origin, bytes) {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const answered = new Promise((resolve) => {
    let text = "";
    const finish = () => resolve({ status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]), text });
    socket.setEncoding("latin1").on("data", (piece) => {
      text += piece;
      if (text.includes("\r\n\r\n")) finish();
    });
    socket.on("error", () => {}).on("close", finish);
    socket.write(bytes);
  });
  return soon("the answer", answered, PATIENCE).finally(() => socket.destroy());
}

/** Checks that the response is this value, in an envelope of no further members. */
export function assertValue(response, value) {
  assert.equal(response.text, value === undefined ? "{}" : JSON.stringify({ json: value }));
  assert.equal(response.status, 200);
  assert.equal(response.headers["content-type"], "application/json");
}

/** Checks that the response is this error, to the byte: its keys and their order are part of the protocol. */
export function assertErrorBody(response, { defined = false, code, status, message, data }) {
  assert.equal(response.text, JSON.stringify({ json: { defined, code, status, message, data } }));
  assert.equal(response.status, status);
  assert.equal(response.headers["content-type"], "application/json");
}

/** Checks that the response is the error of this code with its default status and message. */
export function assertCommonErrorBody(response, wanted) {
  const [code, status, message] = COMMON_ERRORS.find(([code]) => code === wanted);
  assertErrorBody(response, { code, status, message });
}

/** Checks that the response says that the request could not be decoded. */
export const assertMalformed = (response) =>
  assertErrorBody(response, { code: "BAD_REQUEST", status: 400, message: MALFORMED });

/** Checks that the response says that the input is invalid, with one issue at each of `paths` and no other. */
export function assertInputRefusedBody(response, paths) {
  const { data } = JSON.parse(response.text).json;
  assertErrorBody(response, { code: "BAD_REQUEST", status: 400, message: "Input validation failed", data });
  assertIssues(data, paths);
}

/**
 * Sends a body piece by piece until the server answers; `null` sends the head alone.
 * An answer is due as soon as more than `limit` bytes are declared or sent. It is waited for before anything more
 * goes out, because a server may close the connection after it, and a write to that would lose the answer.
 * Returns the response and how many bytes went out until then.
 */
export async function upload(origin, path, headers, pieces, limit) {
  const { hostname, port } = new URL(origin);
  const request = httpRequest({ hostname, port, path, method: "POST", headers, agent: new Agent() });
  request.flushHeaders();
  let response;
  const answered = new Promise((resolve, reject) => {
    request.once("error", reject).once("response", resolve);
  }).then((value) => (response = value));
  answered.catch(() => {});

  let sent = 0;
  const declared = Number(headers["content-length"] ?? 0);
  const answerIsDue = () => Promise.race([answered, pause(DUE)]);
  for (const piece of pieces ?? []) {
    if (Math.max(declared, sent) > limit) await answerIsDue();
    if (response) break;
    sent += piece.length;
    if (!request.write(piece)) await Promise.race([once(request, "drain"), answered]);
  }
  if (sent > limit) await answerIsDue();
  if (!response && pieces) request.end();
  await answered;

  const answer = await readAll(response);
  request.destroy();
  return { ...answer, sent };
}
