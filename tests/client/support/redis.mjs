import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { pause } from "./eventually.mjs";

/** A port that nobody listens on at the moment. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** `true` if a Redis server answers. */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const end = (is) => resolve(is) || socket.destroy();
    socket.once("data", (data) => end(String(data).startsWith("+PONG"))).once("error", () => end(false));
  });
}

/** Starts a Redis server on a free port, with a folder of its own. */
export async function startRedis(folder) {
  for (;;) {
    const port = await freePort();
    const child = spawn("redis-server", ["--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", ""], { stdio: "ignore" });
    const ended = new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
    let hasEnded = false;
    ended.then(() => (hasEnded = true));
    while (!hasEnded) {
      if (await answers(port)) return { url: `redis://127.0.0.1:${port}`, pid: child.pid, stop: () => child.kill("SIGKILL") && ended };
      await Promise.race([ended, pause(5)]);
    }
  }
}
