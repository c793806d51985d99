import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

const READY = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/;
const START_LIMIT = 10_000;
const STOP_LIMIT = 10_000;

/** Whether the tests run against a server that somebody else started and stops. */
export const serverIsForeign = Boolean(process.env.CONFORMANCE_URL);

const binary = process.env.CONFORMANCE_BIN;
if (!serverIsForeign && !(binary && existsSync(binary))) {
  throw new Error(
    `CONFORMANCE_BIN has to be the path of the conformance server (it is ${JSON.stringify(binary) ?? "not set"}), ` +
      "or CONFORMANCE_URL the origin of one that runs.",
  );
}

/**
 * The server under test: the one at `CONFORMANCE_URL`, else a process of its own from `CONFORMANCE_BIN`.
 * `settings` are variables of its environment. Gives its origin, and `stop`, which gives how the process ended.
 */
export async function startServer(settings = {}) {
  if (serverIsForeign) {
    return { origin: new URL(process.env.CONFORMANCE_URL).origin, stop: async () => ({ code: 0, signal: null }) };
  }

  const child = spawn(binary, { env: { ...process.env, PORT: "0", ...settings }, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log = (log + text).slice(-20_000)));
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });

  const origin = await withLimit(
    START_LIMIT,
    () => `the server did not say within ${START_LIMIT} ms where it listens\n${log}`,
    Promise.race([
      readyLine(child.stdout),
      ended.then(({ code, signal }) => {
        throw new Error(`the server ended before it listened (code ${code}, signal ${signal})\n${log}`);
      }),
    ]),
  ).catch((error) => {
    kill();
    throw error;
  });

  // A test that fails before it stops its server must not keep this process, and so the server, alive.
  for (const handle of [child, child.stdout, child.stderr]) handle.unref();

  const stop = async () => {
    child.kill("SIGTERM");
    try {
      return await withLimit(
        STOP_LIMIT,
        () => `the server was still there ${STOP_LIMIT} ms after SIGTERM\n${log}`,
        ended,
      );
    } finally {
      kill();
      process.off("exit", kill);
    }
  };
  return { origin, stop };
}

/** The origin that the server prints when it is ready. Whatever else it prints is read and dropped. */
function readyLine(stdout) {
  return new Promise((resolve) => {
    createInterface({ input: stdout }).on("line", (line) => {
      const origin = READY.exec(line)?.[1];
      if (origin) resolve(origin);
    });
  });
}

function withLimit(milliseconds, message, promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(message())), milliseconds);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
