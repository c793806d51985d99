import assert from "node:assert/strict";
import { after, before } from "node:test";
import { createORPCClient } from "@orpc/client";
import { openLine } from "./line.mjs";
import { startServer } from "./server.mjs";

/**
 * Starts one server for the tests of the surrounding `describe` (or file), and stops it after them.
 *
 * `makeLink(origin, options)` says how to reach it: it gives `{ link, close }` and whatever else a test may want,
 * where `options` are those that every link of the official client has (`headers`, `plugins`, `method` and so on).
 */
export function useWorld(makeLink) {
  let opened = [];
  let server;

  const disconnect = async () => {
    const closing = opened;
    opened = [];
    for (const close of closing) await close();
  };

  const connect = (origin, options) => {
    const made = makeLink(origin, options);
    opened.push(made.close);
    return { ...made, client: createORPCClient(made.link) };
  };

  before(async () => {
    server = await startServer();
  });
  after(async () => {
    if (!server) return;
    await disconnect();
    assert.deepEqual(await server.stop(), { code: 0, signal: null }, "the server ends with exit code 0 on SIGTERM");
  });

  return {
    get origin() {
      return server.origin;
    },
    /** Closes all that was opened so far, so that nothing of one test is left for the next. */
    disconnect,
    /** A client of the server. */
    client: (options = {}) => connect(server.origin, options).client,
    /** A client of the server with what its link is made of. */
    connection: (options = {}) => connect(server.origin, options),
    /** The same, and the TCP line that its calls go through, to be cut. */
    async clientOverLine(options = {}) {
      const line = await openLine(server.origin);
      opened.push(line.close);
      return { ...connect(line.origin, options), line };
    },
  };
}
