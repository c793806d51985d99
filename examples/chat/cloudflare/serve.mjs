// Runs the Worker by miniflare, on the workerd that npm ships: `serve.mjs` prints its address. PORT chooses the port, 3000
// unless set, and HISTORY the folder that keeps what happened in the room. A line `evict` on the standard input removes the
// room from memory, as Cloudflare does when nothing happens for a while.
import { readFile, readdir } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { createInterface } from "node:readline";
import { Miniflare } from "miniflare";

const WORKER = join(import.meta.dirname, "dist");
const PAGE = join(import.meta.dirname, "../web/dist-cloudflare");
const TYPES = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml" };

/** Answers with a file of the page, as `assets` of wrangler.jsonc does on Cloudflare. */
async function asset(request) {
  const { pathname } = new URL(request.url);
  const path = normalize(pathname === "/" ? "/index.html" : pathname);
  const content = await readFile(join(PAGE, path)).catch(() => undefined);
  const headers = { "content-type": TYPES[extname(path)] ?? "application/octet-stream" };
  return new Response(content ?? "Not found", { status: content ? 200 : 404, headers });
}

const module = (name, type = "ESModule") => ({ type, path: join(WORKER, name) });
const scripts = (await readdir(WORKER, { recursive: true })).filter((name) => /\.m?js$/u.test(name) && name !== "worker.mjs");
const miniflare = new Miniflare({
  name: "chat",
  host: "127.0.0.1",
  port: Number(process.env.PORT ?? 3000),
  cf: false,
  telemetry: { enabled: false },
  rootPath: WORKER,
  modulesRoot: WORKER,
  modules: [module("worker.mjs"), ...scripts.map((name) => module(name)), module("worker_bg.wasm", "CompiledWasm")],
  compatibilityDate: "2026-07-01",
  durableObjects: { ROOMS: { className: "ChatRoom", useSQLite: true } },
  durableObjectsPersist: process.env.HISTORY ?? false,
  serviceBindings: { ASSETS: asset },
});

console.log(`chat room: ${(await miniflare.ready).origin}`);

createInterface(process.stdin).on("line", async (line) => {
  if (line !== "evict") return;
  await miniflare.unsafeEvictDurableObject("chat", "ChatRoom", { name: "ws", webSockets: "hibernate" });
  console.log("evicted");
});
const end = () => void miniflare.dispose().then(() => process.exit());
process.on("SIGTERM", end).on("SIGINT", end);
