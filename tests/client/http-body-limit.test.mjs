// A JSON body has at most 1 MiB. A longer one is refused before it is read.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VALID } from "./cases/inputs.mjs";
import { assertORPCError, errorOf } from "./support/errors.mjs";
import { TIME_LIMIT, soon } from "./support/eventually.mjs";
import { httpLink } from "./support/http-link.mjs";
import { assertCommonErrorBody, assertValue, sendJson, upload } from "./support/http.mjs";
import { useWorld } from "./support/world.mjs";

const MIB = 1024 * 1024;
const LIMIT = MIB;
const TOO_LARGE = { code: "PAYLOAD_TOO_LARGE", status: 413, message: "Payload Too Large" };
const json = { "content-type": "application/json" };
const chunked = { ...json, "transfer-encoding": "chunked" };

/** A valid body of exactly this many bytes: an unknown member fills it up. */
function bodyOf(size) {
  const empty = JSON.stringify({ json: VALID.echo, pad: "" });
  return JSON.stringify({ json: VALID.echo, pad: "x".repeat(size - empty.length) });
}

function* pieces(body, size = 64 * 1024) {
  for (let at = 0; at < body.length; at += size) yield body.slice(at, at + size);
}

function* endless() {
  yield '{"json":"';
  for (;;) yield "x".repeat(64 * 1024);
}

describe("the limit of a body", TIME_LIMIT, () => {
  const world = useWorld(httpLink);
  const post = (path, headers, body) => upload(world.origin, path, headers, body, LIMIT);
  const declared = (size) => ({ ...json, "content-length": size });
  const stillServing = async () => assertValue(await sendJson(world.origin, "/rpc/echo", bodyOf(100)), VALID.echo);

  for (const size of [LIMIT - 1, LIMIT]) {
    it(`a body of ${size} bytes is read, declared or in chunks`, async () => {
      assertValue(await post("/rpc/echo", declared(size), pieces(bodyOf(size))), VALID.echo);
      assertValue(await post("/rpc/echo", chunked, pieces(bodyOf(size))), VALID.echo);
    });
  }

  it("a text of several bytes a letter is counted in bytes", async () => {
    const text = "😀".repeat(LIMIT / 4);
    const response = await sendJson(world.origin, "/rpc/echo", JSON.stringify({ json: { ...VALID.echo, text } }));
    assertCommonErrorBody(response, "PAYLOAD_TOO_LARGE");
  });

  for (const path of ["/rpc/echo", "/rpc/ping", "/rpc/count"]) {
    it(`${path} refuses a body of one byte more, declared or in chunks`, async () => {
      const body = bodyOf(LIMIT + 1);
      assertCommonErrorBody(await post(path, declared(LIMIT + 1), pieces(body)), "PAYLOAD_TOO_LARGE");
      assertCommonErrorBody(await post(path, chunked, pieces(body)), "PAYLOAD_TOO_LARGE");
      await stillServing();
    });

    it(`${path} refuses a declared body of 100 MB before any of it is sent`, async () => {
      const answer = post(path, declared(100_000_000), null);
      assertCommonErrorBody(await soon("the answer", answer), "PAYLOAD_TOO_LARGE");
      await stillServing();
    });

    it(`${path} refuses a body in chunks without an end, early`, async () => {
      const response = await soon("the answer", post(path, chunked, endless()));
      assertCommonErrorBody(response, "PAYLOAD_TOO_LARGE");
      assert.ok(response.sent < 2 * LIMIT, `answered after ${response.sent} bytes`);
      await stillServing();
    });
  }

  for (const size of [LIMIT, 2 * MIB, 8 * MIB]) {
    it(`the official client sees it as an error when it sends a text of ${size} bytes`, async () => {
      const client = world.client();
      const error = await errorOf(client.echo({ ...VALID.echo, text: "x".repeat(size) }));
      assertORPCError(error, TOO_LARGE);
      assert.deepEqual(await client.echo(VALID.echo), VALID.echo);
    });
  }

  it("many bodies that are too large at once are all refused, and calls beside them answered", async () => {
    const client = world.client();
    const large = { ...VALID.echo, text: "x".repeat(2 * MIB) };
    const calls = Array.from({ length: 20 }, (_, index) => (index % 2 ? client.ping() : errorOf(client.echo(large))));
    const outcomes = await Promise.all(calls);
    outcomes.forEach((outcome, index) =>
      index % 2 ? assert.equal(outcome, "pong") : assertORPCError(outcome, TOO_LARGE),
    );
  });
});
