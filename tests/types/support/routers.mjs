import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

const binary = process.env.ROUTERS_BIN;
if (!(binary && existsSync(binary))) {
  throw new Error(`ROUTERS_BIN has to be the path of the binary \`routers\` (it is ${JSON.stringify(binary) ?? "not set"}).`);
}

/**
 * The process that makes files of TypeScript from descriptions of routers. Of `files`, a description gives
 * `{ client, contract }`, or `{ refused }` with the reason why such a router cannot be served.
 */
export function openRouters() {
  const child = spawn(binary, { stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const files = async (description) => {
    child.stdin.write(`${JSON.stringify(description)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`the process ended at ${JSON.stringify(description)}`);
    return JSON.parse(value);
  };
  return { files, close: () => child.stdin.end() };
}
