// The built server as a process of its own: STARTER_BIN, or the one that `cargo build` leaves.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = process.env.STARTER_BIN ?? fileURLToPath(new URL("../../target/debug/starter", import.meta.url));

/** Starts the server at a free port, and returns its address and a function that ends it. */
export async function startServer() {
  const server = spawn(PROGRAM, { env: { ...process.env, PORT: "0" }, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit").then(() => {
    throw new Error(`${PROGRAM} ends`);
  });
  const [line] = await Promise.race([once(createInterface(server.stdout), "line"), ended]);
  ended.catch(() => {});
  return { url: line.replace("listening on ", ""), stop: () => server.kill() };
}
