import { accessSync, constants, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

function requireExecutable(path, hint) {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new Error(`${path} is not an executable file. ${hint}`);
  }
  return path;
}

function requireBinary(variable, what) {
  const hint = `Set ${variable} to the path of the built ${what}.`;
  if (!process.env[variable]) {
    throw new Error(hint);
  }
  return requireExecutable(process.env[variable], hint);
}

export const CHAT_BIN = requireBinary("CHAT_BIN", "chat example");

export const CONFORMANCE_BIN = requireBinary("CONFORMANCE_BIN", "conformance server");

const target = resolve(process.env.CARGO_TARGET_DIR ?? join(import.meta.dirname, "../../../target"));

/** Folder of the worker that `build-worker` has built. */
export const WORKER = process.env.BROWSER_WORKER ?? join(target, "wasm/browser-worker");

export const CHROMIUM = requireExecutable(
  process.env.CHROMIUM ?? "/usr/bin/chromium",
  "Install Chromium, or set CHROMIUM to the path of an installed one.",
);

export const SCREENSHOTS = process.env.SCREENSHOTS ?? join(tmpdir(), "chat-screenshots");
mkdirSync(SCREENSHOTS, { recursive: true });
