import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The compilers of TypeScript that the types are for, by the packages that they come in. */
export const COMPILERS = ["typescript", "typescript-newest"];

const folder = fileURLToPath(new URL("..", import.meta.url));

/** Runs a compiler, and gives its exit code and all that it says. */
export function compile(compiler, ...args) {
  return new Promise((resolve) => {
    const script = `${folder}node_modules/${compiler}/lib/tsc.js`;
    const options = { cwd: folder, maxBuffer: 64 << 20 };
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, output: stdout + stderr }),
    );
  });
}
