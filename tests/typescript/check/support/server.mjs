import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { createORPCClient } from "@orpc/client";
import { RPCLink as HttpLink } from "@orpc/client/fetch";
import { RPCLink as SocketLink } from "@orpc/client/websocket";
import { WebSocket } from "ws";

const READY = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/;

const binary = process.env.TORTURE_BIN;
if (!(binary && existsSync(binary))) {
  throw new Error(`TORTURE_BIN has to be the path of the server (it is ${JSON.stringify(binary) ?? "not set"})`);
}

/** Starts the server. Gives its clients by what they reach it through, and `stop`. */
export async function startServer() {
  const child = spawn(binary, {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", process.env.TORTURE_LOG ? "inherit" : "ignore"],
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = once(child, "exit");
  const origin = await Promise.race([
    new Promise((resolve) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const [, origin] = READY.exec(line) ?? [];
        if (origin) resolve(origin);
      });
    }),
    ended.then(([code]) => {
      throw new Error(`the server ended before it listened (code ${code})`);
    }),
  ]);
  const websocket = new WebSocket(`${origin.replace(/^http/, "ws")}/ws`);
  const clients = {
    HTTP: createORPCClient(new HttpLink({ url: `${origin}/rpc` })),
    WebSocket: createORPCClient(new SocketLink({ websocket })),
  };
  const stop = async () => {
    const closed = once(websocket, "close");
    websocket.close();
    await closed;
    child.kill("SIGTERM");
    const [code] = await ended;
    process.off("exit", kill);
    return code;
  };
  return { clients, stop };
}
