// The resident memory of a server whose budget is exhausted. Linux only.
import { strict as assert } from "node:assert";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { eventually } from "./support/eventually.mjs";
import { launchServer, serverIsForeign } from "./support/server.mjs";

const MIB = 1024 * 1024;
const MEMORY = 32 * MIB;

const CONNECTIONS = 80;

/** Beside the budget: half of it, as blocks that are free lie between others, and what a build without optimisation needs. */
const MARGIN = MEMORY / 2 + CONNECTIONS * 160 * 1024;

const LENGTH = 900_000;
const LETTERS = "x".repeat(LENGTH);

const post = (path, length, type = "application/json") =>
  `POST /rpc/${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`;

const UPGRADE =
  "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** A masked frame; with `length` that of a longer one. */
function frame(first, payload, length = payload.length) {
  const head = Buffer.alloc(14);
  head.set([first, 0xff]);
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, Buffer.from(payload)]);
}

const part = (name, content) =>
  `--B\r\ncontent-disposition: form-data; name="${name}"${name === "data" ? "" : '; filename="f"'}\r\n\r\n${content}\r\n`;

/** The pieces that a client sends before it stops. */
const floods = {
  "bodies that stop": [post("echo", 1_000_000) + LETTERS],
  "forms that stop": [
    post("files/describe", 5_000_000, "multipart/form-data; boundary=B"),
    part("data", '{"json":{},"maps":[]}') + part("0", LETTERS) + part("1", LETTERS),
  ],
  "messages that stop": [UPGRADE, frame(0x81, LETTERS, 1_000_000)],
  "fragments without an end": [UPGRADE, frame(0x01, LETTERS)],
  "messages with the beginning of another one": [UPGRADE, frame(0x81, LETTERS), Buffer.from([0x81])],
};

for (const [name, pieces] of Object.entries(floods)) {
  const skip = serverIsForeign || !existsSync("/proc/self/status");
  test(`${name} take the memory that is allowed, and clients beyond it are refused`, { skip }, async () => {
    // Otherwise the allocator keeps what refused clients had sent for a second.
    const server = launchServer({ MEMORY: String(MEMORY), MIMALLOC_PURGE_DELAY: "0" });
    const clients = [];
    try {
      const port = new URL(await server.origin).port;
      const memory = (field) => {
        const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
        return Number(new RegExp(`${field}:\\s+(\\d+)`, "u").exec(status)[1]) * 1024;
      };
      const before = memory("VmRSS");
      let refused = 0;
      for (let count = 0; count < CONNECTIONS; count++) {
        const client = connect(port, "127.0.0.1").on("error", () => {});
        // A socket is closed, and a request is answered.
        client.on("close", () => refused++);
        client.on("data", (head) => {
          if (/^HTTP\/1\.1 (?:429|503)/u.test(String(head))) refused++;
        });
        clients.push(client);
        for (const piece of pieces) client.write(piece);
      }
      await eventually("half of the clients are refused", () => refused >= CONNECTIONS / 2, true);
      const peak = memory("VmHWM");
      const limit = before + MEMORY + MARGIN;
      assert.ok(peak <= limit, `${peak / MIB} MiB of ${limit / MIB}, ${before / MIB} before`);
    } finally {
      for (const client of clients) client.destroy();
      await server.kill();
    }
  });
}
