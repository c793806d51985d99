import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Clients } from "./clients.mjs";
import { openLine } from "./line.mjs";
import { startServer } from "./server.mjs";

/**
 * Starts one server for the tests of the surrounding `describe` (or file), and stops it after them.
 * Returns its clients, each of which reaches it by a link of its own from `makeLink`. `settings` are variables of the
 * server's environment.
 */
export function useWorld(makeLink, settings = {}) {
  const clients = new Clients(makeLink, openLine);
  let server;

  before(async () => {
    server = await startServer(settings);
    clients.origin = server.origin;
  });
  after(async () => {
    if (!server) return;
    await clients.disconnect();
    assert.deepEqual(await server.stop(), { code: 0, signal: null }, "the server ends with exit code 0 on SIGTERM");
  });
  return clients;
}
