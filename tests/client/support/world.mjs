import assert from "node:assert/strict";
import { after, before } from "node:test";
import { createORPCClient } from "@orpc/client";
import { openLine } from "./line.mjs";
import { startServer } from "./server.mjs";

/**
 * Starts one server for the tests of the surrounding `describe` (or file), and stops it after them.
 *
 * `makeLink(origin, options)` says how to reach it: it gives `{ link, close }`, where `options` are those
 * that every link of the official client has (`headers`, `plugins`, `method` and so on).
 */
export function useWorld(makeLink) {
  const opened = [];
  let server;

  const connect = (origin, options) => {
    const { link, close } = makeLink(origin, options);
    opened.push(close);
    return createORPCClient(link);
  };

  before(async () => {
    server = await startServer();
  });
  after(async () => {
    if (!server) return;
    for (const close of opened) await close();
    assert.deepEqual(await server.stop(), { code: 0, signal: null }, "the server ends with exit code 0 on SIGTERM");
  });

  return {
    get origin() {
      return server.origin;
    },
    /** A client of the server. */
    client: (options = {}) => connect(server.origin, options),
    /** A client of the server, and the TCP line that its calls go through, to be cut. */
    async clientOverLine(options = {}) {
      const line = await openLine(server.origin);
      opened.push(line.close);
      return { client: connect(line.origin, options), line };
    },
  };
}
