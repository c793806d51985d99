import { execFileSync, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pause } from "./eventually.mjs";

const INSTALL = fileURLToPath(new URL("../../../.ci/nats-server", import.meta.url));

/** Starts a NATS server on a free port, with a folder of its own. */
export async function startNats(folder) {
  const program = execFileSync(INSTALL, { encoding: "utf8" }).trim();
  const options = ["-a", "127.0.0.1", "-p", "-1", "-js", "-sd", folder, "--ports_file_dir", folder];
  const child = spawn(program, options, { stdio: "ignore" });
  const ended = new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
  let hasEnded = false;
  ended.then(() => (hasEnded = true));
  while (!hasEnded) {
    const ports = await readFile(join(folder, `nats-server_${child.pid}.ports`), "utf8").catch(() => "");
    // The file may be half written.
    const url = /"(nats:[^"]*)"/u.exec(ports)?.[1];
    if (url) return { url, pid: child.pid, stop: () => child.kill("SIGKILL") && ended };
    await Promise.race([ended, pause(5)]);
  }
  throw new Error("the NATS server has ended");
}

/** Removes all messages of the stream of publishers. */
export function purge(url) {
  return new Promise((resolve, reject) => {
    const request = "CONNECT {}\r\nSUB answer 1\r\nPUB $JS.API.STREAM.PURGE.orpc answer 0\r\n\r\n";
    const socket = connect(new URL(url).port, "127.0.0.1", () => socket.write(request));
    let text = "";
    socket.on("data", (data) => {
      text += data;
      if (text.includes('"success":true')) resolve(socket.destroy());
      else if (/-ERR|"error"/u.test(text)) reject(new Error(text));
    });
    socket.once("error", reject);
  });
}
