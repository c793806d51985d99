import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

const binary = process.env.ROUTERS_BIN;
if (!(binary && existsSync(binary))) {
  throw new Error(`ROUTERS_BIN has to be the path of the binary \`routers\` (it is ${JSON.stringify(binary) ?? "not set"}).`);
}

const TIME_LIMIT = 20_000;

function start() {
  const child = spawn(binary, { stdio: ["pipe", "pipe", "inherit"] });
  return { child, answers: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/**
 * The process that makes files of TypeScript from descriptions of routers. Of a description, `files` gives
 * `{ client, contract }`, or `{ refused }` with the reason why such a router cannot be served.
 */
export function openRouters() {
  let running = start();
  const files = async (description) => {
    const { child, answers } = running;
    const timer = setTimeout(() => child.kill("SIGKILL"), TIME_LIMIT);
    child.stdin.write(`${JSON.stringify(description)}\n`);
    const { value, done } = await answers.next();
    clearTimeout(timer);
    if (!done) return JSON.parse(value);
    running = start();
    throw new Error(`the process ended at ${JSON.stringify(description)}, or took longer than ${TIME_LIMIT} ms`);
  };
  return { files, close: () => running.child.stdin.end() };
}
