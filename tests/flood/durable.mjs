// Floods the endpoint of durable iterators by one client, and prints the resident memory of the server before, at its peak
// and after, and the answer that another client gets then. Linux only:
//
//   CONFORMANCE_BIN=target/release/conformance node tests/flood/durable.mjs [seconds]
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { launchServer } from "../client/support/server.mjs";

const SECONDS = Number(process.argv[2] ?? 5);
const CONNECTIONS = 8;
const AT_ONCE = 20;

// The worst case: clients choose their ids, which have to be remembered.
const server = launchServer({ ROOM_IDS: "clients" });
const origin = await server.origin;
const port = Number(new URL(origin).port);

const memory = () => {
  const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
  const mib = (name) => (Number(new RegExp(`${name}:\\s+(\\d+)`, "u").exec(status)[1]) / 1024).toFixed(1);
  return { now: mib("VmRSS"), peak: mib("VmHWM") };
};

async function token(room) {
  const body = JSON.stringify({ json: { room, name: "Ada" } });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${origin}/rpc/room/open`, { method: "POST", body, headers });
  return encodeURIComponent((await response.json()).json);
}

const request = (id, token, key) =>
  `GET /durable?id=${id}&token=${token} HTTP/1.1\r\nhost: flood\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
  `sec-websocket-version: 13\r\n${key ? `sec-websocket-key: ${key}\r\n` : ""}\r\n`;
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** The status of one request for a socket, which is left at once. */
const ask = (id, token) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1").on("error", reject);
    socket.write(request(id, token, KEY));
    socket.once("data", (answer) => {
      socket.destroy();
      resolve(answer.toString("latin1").split(" ")[1]);
    });
  });

/** Sends requests over one connection until the time is over, and gives the number of their answers. */
function half(token, end) {
  let [sent, answers] = [0, 0];
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  const send = () => {
    const more = Array.from({ length: AT_ONCE }, () => request(`half-${(sent += 1)}-${Math.random()}`, token));
    socket.write(more.join(""));
  };
  return new Promise((resolve) => {
    socket.on("close", () => resolve(answers));
    socket.on("data", (data) => {
      answers += data.toString("latin1").split("HTTP/1.1 ").length - 1;
      if (Date.now() > end) socket.destroy();
      else if (answers >= sent) send();
    });
    send();
  });
}

/** Opens sockets with a token and an id of their own, one after the other, and gives their number. */
async function whole(end) {
  let count = 0;
  while (Date.now() < end) {
    await ask(`whole-${Math.random()}`, await token("flooded"));
    count += 1;
  }
  return count;
}

const floods = {
  "half handshakes with one token": async (end) => {
    const own = await token("flooded");
    return Promise.all(Array.from({ length: CONNECTIONS }, () => half(own, end)));
  },
  "sockets with a token and an id for each": (end) => Promise.all(Array.from({ length: CONNECTIONS }, () => whole(end))),
};

console.log("flood | requests | MiB before | peak | after | another client gets");
for (const [name, flood] of Object.entries(floods)) {
  const before = memory().now;
  const counts = await flood(Date.now() + SECONDS * 1000);
  const { now, peak } = memory();
  const status = await ask(`other-${Math.random()}`, await token("flooded"));
  console.log([name, counts.reduce((sum, count) => sum + count), before, peak, now, status].join(" | "));
}
await server.stop();
