// The resident memory of a server whose budget is exhausted. Linux only.
import { strict as assert } from "node:assert";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { eventually } from "./support/eventually.mjs";
import { openPeer, request } from "./support/peer.mjs";
import { launchServer, serverIsForeign } from "./support/server.mjs";

const MIB = 1024 * 1024;
const MEMORY = 32 * MIB;

const CONNECTIONS = 80;

/** Beside the budget: half of it, as blocks that are free lie between others, and what a build without optimisation needs. */
const MARGIN = MEMORY / 2 + CONNECTIONS * 160 * 1024;

const LENGTH = 900_000;
const LETTERS = "x".repeat(LENGTH);

// Otherwise the allocator keeps what refused clients had sent for a second.
const launch = () => launchServer({ MEMORY: String(MEMORY), MIMALLOC_PURGE_DELAY: "0" });

function memory(server, field) {
  const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+)`, "u").exec(status)[1]) * 1024;
}

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

const skip = serverIsForeign || !existsSync("/proc/self/status");

for (const [name, pieces] of Object.entries(floods)) {
  test(`${name} take the memory that is allowed, and clients beyond it are refused`, { skip }, async () => {
    const server = launch();
    const clients = [];
    try {
      const port = new URL(await server.origin).port;
      const before = memory(server, "VmRSS");
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
      const peak = memory(server, "VmHWM");
      const limit = before + MEMORY + MARGIN;
      assert.ok(peak <= limit, `${peak / MIB} MiB of ${limit / MIB}, ${before / MIB} before`);
    } finally {
      for (const client of clients) client.destroy();
      await server.kill();
    }
  });
}

// Of 8 KB each, four times as many as a channel keeps.
const TEXT = "\u{10FFFF}".repeat(2000);
const EVENTS = 8_000;
const KEPT = 16 * MIB;

const channels = {
  subscribe: ["publish", { at: "0", room: "lobby", text: TEXT }],
  "chat/onMessage": ["chat/send", { message: TEXT }],
};

for (const [path, [publish, json]] of Object.entries(channels)) {
  test(`a reader of ${path} that stops is told of the events that it lost and keeps no memory`, { skip }, async () => {
    const server = launch();
    let reader, peer;
    try {
      const origin = await server.origin;
      reader = connect(new URL(origin).port, "127.0.0.1");
      reader.write(post(path, 2) + "{}");
      await once(reader, "readable");
      peer = await openPeer(origin);
      const before = memory(server, "VmRSS");
      for (let id = 1; id <= EVENTS; id++) {
        peer.send(request(String(id), `/${publish}`, json));
        // 64 calls are in flight.
        if (id > 64) await peer.next();
      }
      await peer.take(64);
      const peak = memory(server, "VmHWM");
      const limit = before + KEPT + MARGIN;
      assert.ok(peak <= limit, `${peak / MIB} MiB of ${limit / MIB}, ${before / MIB} before`);
      let text = "";
      for await (const bytes of reader) {
        text = (text + bytes).slice(-200_000);
        if (text.includes("EVENTS_LOST")) break;
      }
      assert.match(text, /event: error\r?\ndata: .*"EVENTS_LOST"/u);
    } finally {
      reader?.destroy();
      peer?.socket.terminate();
      await server.kill();
    }
  });
}
