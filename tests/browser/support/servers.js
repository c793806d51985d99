import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CHAT_BIN, CONFORMANCE_BIN } from "./environment.js";
import { until } from "./until.js";

const NODES = fileURLToPath(new URL("../../../examples/chat/nodes.mjs", import.meta.url));

const READY = /^(?:chat room:|listening on) (http:\/\/127\.0\.0\.1:\d+)\/?$/mu;
const READY_WITHIN_MS = 60_000;

/** The signal that ends each program that runs. */
const running = new Map();

// The last resort when the run itself is cut short.
process.on("exit", () => {
  for (const [child, signal] of running) {
    child.kill(signal);
  }
});

function readyAddress(binary, child) {
  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    const fail = (what) => reject(new Error(`${binary} ${what}\nstdout:\n${stdout}\nstderr:\n${stderr}`));
    const timer = setTimeout(() => fail(`printed no address within ${READY_WITHIN_MS} ms`), READY_WITHIN_MS);

    child.stdout.on("data", (chunk) => {
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
  child.kill(running.get(child));
  await exited;
}

/** Starts the chat server; port 0 lets it pick a free one. `history` is the file of what happened. */
export function startChat(port = 0, options = [], history = undefined) {
  return start(CHAT_BIN, port, options, history === undefined ? {} : { HISTORY: history });
}

/**
 * Starts several servers of the chat room behind one address, as `examples/chat/run --nodes` does. `kill` ends one of them by
 * its number, and `isStartedAgain` waits for the one that takes its place.
 */
export async function startNodes(count, options = []) {
  const room = await start(process.execPath, 0, [NODES, String(count), CHAT_BIN, ...options], {}, "SIGTERM");
  const processes = new Map();
  const note = () => {
    for (const [, number, pid] of room.printed().matchAll(/^node (\d+): process (\d+), /gmu)) {
      processes.set(Number(number), Number(pid));
    }
    return processes;
  };
  const killed = new Map();
  return {
    ...room,
    kill(number) {
      killed.set(number, note().get(number));
      process.kill(killed.get(number), "SIGKILL");
    },
    isStartedAgain: (number) => until(() => note().get(number) !== killed.get(number), `node ${number} starts again`),
  };
}

/** Starts the conformance server on a free port. */
export function startConformance() {
  return start(CONFORMANCE_BIN, 0);
}

async function start(binary, port, options = [], variables = {}, signal = "SIGKILL") {
  const child = spawn(binary, options, {
    env: { ...process.env, PORT: String(port), ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.set(child, signal);
  child.once("exit", () => running.delete(child));
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    printed += text;
  });

  const url = await readyAddress(binary, child).catch(async (error) => {
    child.kill(signal);
    throw error;
  });
  return { url, port: Number(new URL(url).port), stop: () => stop(child), printed: () => printed };
}

export async function stopAll() {
  await Promise.all([...running.keys()].map(stop));
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
