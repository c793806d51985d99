// One file has at most 16 MiB and a form 32 MiB. What is larger is refused before all of it is sent.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TIME_LIMIT, eventually, soon } from "./support/eventually.mjs";
import { httpLink } from "./support/http-link.mjs";
import { assertCommonErrorBody, assertMalformed, assertValue, send, sendJson, upload } from "./support/http.mjs";
import { launchServer, serverIsForeign } from "./support/server.mjs";
import { useWorld } from "./support/world.mjs";

const MIB = 1024 * 1024;
const FILE_LIMIT = 16 * MIB;
const FORM_LIMIT = 32 * MIB;
const form = { "content-type": "multipart/form-data; boundary=B" };
const chunked = { ...form, "transfer-encoding": "chunked" };
const PATHS = ["/rpc/files/describe", "/rpc/ping", "/rpc/count"];

const part = (head, content = "") => `--B\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}`;
const data = (text) => `${part('name="data"', text)}\r\n`;
const file = (number, content) => part(`name="${number}"; filename="f"`, content);

function* endless(...start) {
  yield* start;
  for (;;) yield "x".repeat(64 * 1024);
}

/** Files of 1 MiB without an end. */
function* endlessFiles() {
  yield data('{"json":{}}');
  for (let number = 0; ; number++) yield `${file(number, "x".repeat(MIB))}\r\n`;
}

describe("the limits of forms", TIME_LIMIT, () => {
  const world = useWorld(httpLink);
  const stillServing = async () => assertValue(await sendJson(world.origin, "/rpc/ping", "{}"), "pong");

  for (const path of PATHS) {
    it(`${path} refuses a form of 1 GB before any of it is sent`, async () => {
      const answer = upload(world.origin, path, { ...form, "content-length": 1_000_000_000 }, null, FORM_LIMIT);
      assertCommonErrorBody(await soon("the answer", answer), "PAYLOAD_TOO_LARGE");
      await stillServing();
    });

    it(`${path} refuses a file without an end, early`, async () => {
      const answer = upload(world.origin, path, chunked, endless(data("{}"), file(0)), FILE_LIMIT);
      const response = await soon("the answer", answer);
      assertCommonErrorBody(response, "PAYLOAD_TOO_LARGE");
      assert.ok(response.sent < FILE_LIMIT + 2 * MIB, `answered after ${response.sent} bytes`);
      await stillServing();
    });

    it(`${path} refuses files without an end, early`, async () => {
      const answer = upload(world.origin, path, chunked, endlessFiles(), FORM_LIMIT);
      const response = await soon("the answer", answer);
      assertCommonErrorBody(response, "PAYLOAD_TOO_LARGE");
      assert.ok(response.sent < FORM_LIMIT + 4 * MIB, `answered after ${response.sent} bytes`);
      await stillServing();
    });
  }

  it("the part that is not a file is bounded like a body of JSON", async () => {
    const answer = upload(world.origin, "/rpc/ping", chunked, endless(part('name="data"')), MIB);
    const response = await soon("the answer", answer);
    assertCommonErrorBody(response, "PAYLOAD_TOO_LARGE");
    assert.ok(response.sent < 4 * MIB, `answered after ${response.sent} bytes`);
  });

  for (const [title, start] of [
    ["before its first part", ""],
    ["in the head of a part", "--B\r\nX: "],
  ]) {
    it(`a form without an end ${title} is malformed, early`, async () => {
      const answer = upload(world.origin, "/rpc/ping", chunked, endless(start), MIB);
      const response = await soon("the answer", answer);
      assertMalformed(response);
      assert.ok(response.sent < 4 * MIB, `answered after ${response.sent} bytes`);
    });
  }

  for (const [title, body] of [
    ["nothing", ""],
    ["another boundary", "--C--\r\n"],
    ["no data", `${file(0, "A")}\r\n--B--\r\n`],
    ["a file that is not there", `${data('{"json":{},"maps":[[]]}')}--B--\r\n`],
    ["a place that is not there", `${data('{"json":{},"maps":[["f"]]}')}${file(0, "A")}\r\n--B--\r\n`],
    ["a file that is cut", `${data("{}")}${file(0, "A")}`],
  ]) {
    it(`a form is malformed: ${title}`, async () => {
      assertMalformed(await send(world.origin, "/rpc/values/any", { headers: form, body }));
    });
  }
});

it("a file that cannot be kept is an internal error, whose reason is in the log", { skip: serverIsForeign, ...TIME_LIMIT }, async () => {
  const server = launchServer({ TMPDIR: "/nowhere" });
  try {
    const content = [data('{"json":{"title":"a","file":{},"more":[]},"maps":[["file"]]}'), file(0, "x".repeat(4 * MIB)), "\r\n--B--\r\n"];
    const answer = await upload(await server.origin, "/rpc/files/describe", chunked, content, FORM_LIMIT);
    assert.equal(answer.status, 500);
    await eventually("the reason", () => /No such file or directory/u.test(server.log()), true);
  } finally {
    await server.kill();
  }
});
