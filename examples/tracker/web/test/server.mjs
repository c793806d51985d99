// The server as a process of its own, with a folder for its data.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PROGRAM = process.env.TRACKER_BIN ?? join(import.meta.dirname, "../../../../target/debug/tracker");

/** A tracker that can be ended and started again at the same port. */
export class Server {
  #child;
  #log = "";

  static async start(env = {}) {
    const server = new Server();
    server.env = env;
    server.data = await mkdtemp(join(tmpdir(), "tracker-"));
    await server.restart("127.0.0.1:0");
    return server;
  }

  async restart(address = new URL(this.url).host) {
    this.#child = spawn(PROGRAM, {
      env: { ...process.env, ADDRESS: address, DATA: this.data, ...this.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text) => {
      this.#log += text;
    });
    const ended = once(this.#child, "exit").then(([code]) => {
      throw new Error(`${PROGRAM} ends with ${code}\n${this.#log}`);
    });
    const [line] = await Promise.race([once(createInterface(this.#child.stdout), "line"), ended]);
    ended.catch(() => {});
    this.url = line.replace("issue tracker: ", "");
  }

  /** Ends it by a signal, and returns its exit code. */
  async end(signal) {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const exited = once(this.#child, "exit");
    this.#child.kill(signal);
    return (await exited)[0];
  }

  async remove() {
    await this.end("SIGKILL");
    await rm(this.data, { recursive: true, force: true });
  }
}
