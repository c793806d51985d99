import { spawn } from "node:child_process";
import { once } from "node:events";
import { CHAT_BIN, CONFORMANCE_BIN } from "./environment.js";

const READY = /^(?:chat room:|listening on) (http:\/\/127\.0\.0\.1:\d+)\/?$/mu;
const READY_WITHIN_MS = 60_000;

const running = new Set();

// The last resort when the run itself is cut short.
process.on("exit", () => {
  for (const child of running) {
    child.kill("SIGKILL");
  }
});

function readyAddress(binary, child) {
  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    const fail = (what) => reject(new Error(`${binary} ${what}\nstdout:\n${stdout}\nstderr:\n${stderr}`));
    const timer = setTimeout(() => fail(`printed no address within ${READY_WITHIN_MS} ms`), READY_WITHIN_MS);

    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      stdout += chunk;
      const match = READY.exec(stdout);
      if (match) {
        clearTimeout(timer);
        resolve(match[1]);
      }
    });
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      stderr += chunk;
    });
    child.once("error", (error) => {
      clearTimeout(timer);
      fail(`did not start: ${error.message}`);
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      fail(`ended before it was ready (${signal ?? `exit code ${code}`})`);
    });
  });
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Starts the chat server; port 0 lets it pick a free one. `history` is the file of what happened. */
export function startChat(port = 0, options = [], history = undefined) {
  return start(CHAT_BIN, port, options, history === undefined ? {} : { HISTORY: history });
}

/** Starts the conformance server on a free port. */
export function startConformance() {
  return start(CONFORMANCE_BIN, 0);
}

async function start(binary, port, options = [], variables = {}) {
  const child = spawn(binary, options, {
    env: { ...process.env, PORT: String(port), ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));

  const url = await readyAddress(binary, child).catch(async (error) => {
    child.kill("SIGKILL");
    throw error;
  });
  return { url, port: Number(new URL(url).port), stop: () => stop(child) };
}

export async function stopAll() {
  await Promise.all([...running].map(stop));
}

/** The header by which the chat room knows who calls. */
function callerHeaders(name) {
  return { authorization: `Bearer ${encodeURIComponent(name)}` };
}

/** Sends a message without a browser, to fill the room. */
export async function say(url, name, message) {
  const response = await fetch(`${url}/rpc/chat/send`, {
    method: "POST",
    headers: { "content-type": "application/json", ...callerHeaders(name) },
    body: JSON.stringify({ json: { message } }),
  });
  if (!response.ok) {
    throw new Error(`chat.send answered ${response.status}: ${await response.text()}`);
  }
}

/** Comes into the room without a browser; the function it returns leaves again. */
export async function enter(url, name) {
  const visit = new AbortController();
  const response = await fetch(`${url}/rpc/chat/onMessage`, {
    method: "POST",
    headers: callerHeaders(name),
    signal: visit.signal,
  });
  if (!response.ok) {
    throw new Error(`chat.onMessage answered ${response.status}: ${await response.text()}`);
  }
  return () => visit.abort();
}
