// An answer that comes before the body was read reaches a client that still sends. `REFUSALS` says how often each is tried.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createORPCClient, safe } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { TIME_LIMIT } from "./support/eventually.mjs";
import { httpLink } from "./support/http-link.mjs";
import { useWorld } from "./support/world.mjs";

const TRIES = Number(process.env.REFUSALS ?? 5);
const TEXT = "x".repeat(8 * 1024 * 1024);

/** Sends a body in chunks, without a declared length. */
async function chunked(request, init) {
  const { url, method, headers, body } = new Request(request, init);
  const kept = Object.fromEntries(headers);
  delete kept["content-length"];
  return fetch(url, { ...init, method, headers: kept, body, duplex: "half" });
}

describe("a refusal of 8 MiB", TIME_LIMIT, () => {
  const world = useWorld(httpLink);
  const cases = [
    ["too large", (client) => client.echo({ room: "r", text: TEXT, tags: [] }), {}, "PAYLOAD_TOO_LARGE"],
    ["of another origin", (client) => client.echo({ room: "r", text: TEXT, tags: [] }), { origin: "null" }, "FORBIDDEN"],
    ["of no procedure", (client) => client.nope(TEXT), {}, "NOT_FOUND"],
    ["in a coding", (client) => client.echo(TEXT), { "content-encoding": "gzip" }, "UNSUPPORTED_MEDIA_TYPE"],
  ];
  for (const [name, call, headers, code] of cases) {
    for (const [how, send] of [["declared", fetch], ["in chunks", chunked]]) {
      it(`that is ${name}, ${how}, is what safe() shows`, async () => {
        const client = createORPCClient(new RPCLink({ url: `${world.origin}/rpc`, headers, fetch: send }));
        const codes = {};
        for (let n = 0; n < TRIES; n++) {
          const { error } = await safe(call(client));
          const seen = error?.code ?? `${error}: ${error?.cause}`;
          codes[seen] = (codes[seen] ?? 0) + 1;
        }
        assert.deepEqual(codes, { [code]: TRIES });
      });
    }
  }
});
