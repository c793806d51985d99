// The cases of tests/client/cases over one WebSocket of the browser. The other tests there are about bytes, frames and
// headers that no page can send.
import assert from "node:assert/strict";
import { runCases } from "./support/cases.js";
import { fileNames } from "./support/file-names.js";

const DROPS = "a browser cannot drop the connection of a WebSocket: it always closes it by the rules";
const dropped = (what) =>
  `over websocket > the end of a socket ends all of it at once > when the client drops its connection${what}`;

const LEFT_OUT = {
  ...fileNames("over websocket"),
  [dropped(" while streams and calls run")]: DROPS,
  [dropped(" while calls wait for their turn, and those never run")]: DROPS,
  [dropped(", and no other socket takes notice")]: DROPS,
};

runCases("websocket", LEFT_OUT, ({ requests, sockets }, cases) => {
  assert.equal(requests, 0, "nothing goes over HTTP");
  assert.ok(sockets >= cases, "each case has sockets of its own");
});
