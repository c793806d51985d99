// Builds `dist`: npm runs it for `npm ci`, `npm pack`, `npm publish`, and where this folder is installed from
// elsewhere. In the last case, and in a fresh clone, the compiler is not installed yet.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
const library = fileURLToPath(new URL("../node_modules/@orpc/client", import.meta.url));

/** Options of the running command, which do not apply to this folder. */
const FOREIGN = /^npm_config_(?:omit|include|production|only|dry_run|global|location|prefix|local_prefix|workspaces?|json)$/u;
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name.toLowerCase())));

function run(command, args, options) {
  // Printed text must not end up in the output of `npm pack --json`.
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: ["ignore", 2, 2], ...options });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(compiler) || !existsSync(library)) {
  const npm = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  run("npm", npm, { shell: process.platform === "win32" });
}
run(process.execPath, [compiler, "--project", "tsconfig.build.json"]);
