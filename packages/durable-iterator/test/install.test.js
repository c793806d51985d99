import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build } from "vite";
import webpack from "webpack";
import { WebSocket } from "ws";
import { startServer } from "../../../tests/client/support/server.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

let folder;
let server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "durable-iterator-"));
  server = await startServer();
  await clone();
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a command, and returns what it prints. */
async function run(command, args, cwd) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_ENV$|VITEST)/iu.test(name)));
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const said = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (said[0] += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (said[1] += text));
  const [code] = await once(child, "close");
  expect(code, `${command} ${args.join(" ")}\n${said.join("\n")}`).toBe(0);
  return said[0];
}
const npm = (args, cwd) => run("npm", [...args, "--no-audit", "--no-fund", "--prefer-offline"], cwd);

/** The package in a fresh clone: nothing is installed or built. */
async function clone() {
  const isKept = (source) => !/[\\/](?:node_modules|dist)$/u.test(source);
  await cp(here(".."), join(folder, "clone"), { recursive: true, filter: isKept });
}

/** A project with one line in it. */
async function project(name) {
  const path = join(folder, name);
  await cp(here("./app"), path, { recursive: true });
  await writeFile(join(path, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
  return path;
}

/** Runs what the application exports, bundled or not, in this process. */
async function talk(path) {
  const { talk } = await import(/* @vite-ignore */ pathToFileURL(path).href);
  return talk(server.origin, WebSocket);
}
const TALK = "hi string";

test("a fresh clone can be packed, and the package works in Node, Vite, webpack and TypeScript", async () => {
  const packed = await npm(["pack", "--json", "--pack-destination", folder], join(folder, "clone"));
  const [{ filename, files }] = Object.values(JSON.parse(packed));
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(["dist/index.js", "dist/index.d.ts", "README.md"]));
  expect(files.filter(({ path }) => /test|scripts|node_modules/u.test(path))).toEqual([]);

  const app = await project("by-tarball");
  await npm(["install", join(folder, filename), "@orpc/client@1.16.1"], app);

  const installed = join(app, "node_modules/@orpc-rust/durable-iterator/dist");
  const maps = (await readdir(installed)).filter((name) => name.endsWith(".map"));
  expect(maps.length).toBeGreaterThan(5);
  for (const map of maps) {
    const { sources, sourceRoot = "" } = JSON.parse(await readFile(join(installed, map), "utf8"));
    // The file exists and is not empty.
    for (const source of sources) expect(await readFile(join(installed, sourceRoot, source), "utf8")).not.toBe("");
  }

  expect(await talk(join(app, "main.js"))).toBe(TALK);

  await build({
    root: app,
    configFile: false,
    logLevel: "error",
    build: { lib: { entry: "main.js", formats: ["es"], fileName: "main" }, outDir: "vite" },
  });
  const [bundle] = (await readdir(join(app, "vite"))).filter((name) => name.startsWith("main"));
  expect(await talk(join(app, "vite", bundle))).toBe(TALK);

  const stats = await new Promise((resolve, reject) => {
    const config = {
      mode: "production",
      context: app,
      entry: "./main.js",
      target: "web",
      experiments: { outputModule: true },
      output: { path: join(app, "webpack"), filename: "main.mjs", library: { type: "module" } },
      performance: false,
    };
    webpack(config, (error, stats) => (error ? reject(error) : resolve(stats)));
  });
  expect(stats.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] });
  expect(await talk(join(app, "webpack/main.mjs"))).toBe(TALK);

  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--lib", "es2022,dom"];
  await run(process.execPath, [tsc, ...options, "types.ts"], app);
}, 180_000);

test("the folder itself can be installed, and is built then", async () => {
  await rm(join(folder, "clone/dist"), { recursive: true });
  const app = await project("by-folder");
  await npm(["install", join(folder, "clone")], app);
  const code = `import { durableIteratorId } from "@orpc-rust/durable-iterator"; console.log(typeof durableIteratorId)`;
  expect(await run(process.execPath, ["--input-type=module", "-e", code], app)).toBe("function\n");
}, 120_000);
