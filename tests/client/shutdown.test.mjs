// How the server starts and ends. It needs a process of its own, so a server that runs elsewhere is left alone.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createORPCClient } from "@orpc/client";
import { errorOf } from "./support/errors.mjs";
import { TIME_LIMIT, eventually, soon } from "./support/eventually.mjs";
import { httpLink } from "./support/http-link.mjs";
import { serverIsForeign, startServer } from "./support/server.mjs";
import { take } from "./support/streams.mjs";

const CLEAN = { code: 0, signal: null };
const clientOf = ({ origin }) => createORPCClient(httpLink(origin).link);

if (!serverIsForeign) {
  describe("the server process", TIME_LIMIT, () => {
    it("ends with exit code 0 on SIGTERM when it never served", async () => {
      const server = await startServer();
      assert.deepEqual(await server.stop(), CLEAN);
    });

    it("ends while connections are open but idle", async () => {
      const server = await startServer();
      assert.equal(await clientOf(server).ping(), "pong");
      assert.deepEqual(await soon("the end", server.stop(), 5000), CLEAN);
    });

    it("ends while streams run, and their readers see the end", async () => {
      const server = await startServer();
      const client = clientOf(server);
      const read = async (iterator) => {
        for await (const value of iterator) void value;
      };
      const outcomes = [
        read(await client.stream.ticks({ everyMs: 1 })),
        read(await client.stream.ticks({ everyMs: 10_000 })),
        read(await client.subscribe()),
      ].map((reader) =>
        reader.then(
          () => "ended",
          () => "failed",
        ),
      );
      assert.deepEqual(await soon("the end", server.stop(), 5000), CLEAN);
      for (const outcome of outcomes) assert.match(await soon("the end of the stream", outcome), /^(ended|failed)$/);
    });

    it("ends while nobody reads a stream", async () => {
      const server = await startServer();
      await take(await clientOf(server).count({ to: 1_000_000 }), 1);
      assert.deepEqual(await server.stop(), CLEAN);
    });

    it("ends while a call runs, and its caller sees it", async () => {
      const server = await startServer();
      const client = clientOf(server);
      const call = errorOf(client.slow.wait({ ms: 60_000 }));
      await eventually("one call", () => client.slow.live(), 1);
      assert.deepEqual(await server.stop(), CLEAN);
      assert.ok((await soon("the failure", call)) instanceof Error);
    });

    it("serves beside another one of its kind, each on a port of its own", async () => {
      const servers = await Promise.all([startServer(), startServer()]);
      assert.notEqual(servers[0].origin, servers[1].origin);
      for (const server of servers) assert.equal(await clientOf(server).ping(), "pong");
      for (const server of servers) assert.deepEqual(await server.stop(), CLEAN);
    });
  });
}
