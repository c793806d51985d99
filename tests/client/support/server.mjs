import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

const READY = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/;
const START_LIMIT = 60_000;
const STOP_LIMIT = 60_000;

/** Message of a server that ended with calls, streams or sockets left after its last deadline. */
const LEFT = /did not end in time/;

/** `true` if the tests run against a server that is started and stopped elsewhere. */
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
 * `settings` are variables of its environment. Returns its origin, `stop`, which returns how the process ended, and `left`,
 * which tells whether something was left then that ran.
 */
export async function startServer(settings = {}) {
  if (serverIsForeign) {
    const stop = async () => ({ code: 0, signal: null });
    return { origin: new URL(process.env.CONFORMANCE_URL).origin, stop, left: () => false };
  }
  const server = launchServer(settings);
  try {
    return { origin: await server.origin, stop: server.stop, left: server.left };
  } catch (error) {
    await server.kill();
    throw error;
  }
}

/** Another program, which is built beside the server under test. */
export const besideServer = (name) => join(dirname(binary), name);

/**
 * A process of the server that may not be ready yet. Returns the promise of its origin, which fails with the server's
 * log, and its process id; `stop` asks it to end, `kill` ends it at once; both return its exit status. `left` returns
 * whether it ended with calls left running, `log` the end of its log.
 */
export function launchServer(settings = {}, program = binary) {
  const child = spawn(program, { env: { ...process.env, PORT: "0", FOLLOWING: "1", ...settings }, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log = (log + text).slice(-20_000)));
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  // `close` comes once all that it said has been read.
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  }).finally(() => process.off("exit", kill));

  const origin = withLimit(
    START_LIMIT,
    () => `the server did not say within ${START_LIMIT} ms where it listens\n${log}`,
    Promise.race([
      readyLine(child.stdout),
      ended.then(({ code, signal }) => {
        throw new Error(`the server ended before it listened (code ${code}, signal ${signal})\n${log}`);
      }),
    ]),
  );
  // A test that fails before it stops its server must not keep this process, and so the server, alive.
  const leave = () => [child, child.stdout, child.stderr].forEach((handle) => handle.unref());
  origin.then(leave, leave);

  const end = (signal) => {
    child.kill(signal);
    return withLimit(STOP_LIMIT, () => `the server was still there ${STOP_LIMIT} ms after ${signal}\n${log}`, ended);
  };
  const left = () => LEFT.test(log);
  const stop = () => end("SIGTERM").finally(kill);
  return { origin, pid: child.pid, stop, kill: () => end("SIGKILL"), left, log: () => log };
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
