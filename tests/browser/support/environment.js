import { accessSync, constants, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

function requireExecutable(path, hint) {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new Error(`${path} is not an executable file. ${hint}`);
  }
  return path;
}

function requireChatBinary() {
  const hint = "Set CHAT_BIN to the path of the built chat example.";
  if (!process.env.CHAT_BIN) {
    throw new Error(hint);
  }
  return requireExecutable(process.env.CHAT_BIN, hint);
}

export const CHAT_BIN = requireChatBinary();

export const CHROMIUM = requireExecutable(
  process.env.CHROMIUM ?? "/usr/bin/chromium",
  "Install Chromium, or set CHROMIUM to the path of an installed one.",
);

export const SCREENSHOTS = process.env.SCREENSHOTS ?? join(tmpdir(), "chat-screenshots");
mkdirSync(SCREENSHOTS, { recursive: true });
