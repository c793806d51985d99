// The cases of tests/client/cases over the fetch of the browser.
import assert from "node:assert/strict";
import { runCases } from "./support/cases.js";
import { fileNames } from "./support/file-names.js";

const CONNECTIONS = "a browser opens at most six HTTP/1.1 connections to one host, and each of these ten takes one";

const LEFT_OUT = {
  ...fileNames("over fetch"),
  "over fetch > lifetimes > ending one stream leaves the others running": CONNECTIONS,
  "over fetch > lifetimes > aborting one call leaves the others running": CONNECTIONS,
};

runCases("fetch", LEFT_OUT, ({ requests, sockets }, cases) => {
  assert.ok(requests >= cases, "each case makes requests");
  assert.equal(sockets, 0, "nothing goes over WebSocket");
});
