import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser, openTab } from "./support/browser.js";
import { say, startChat, stopAll } from "./support/servers.js";
import { until } from "./support/until.js";

let browser;
let chat;

before(async () => {
  browser = await launchBrowser();
  chat = await startChat();
});

after(async () => {
  await browser?.close();
  await stopAll();
});

const choice = (tab, transport) => tab.page.getByTestId(`transport-${transport}`);

const used = (tab) => tab.streams.at(-1)?.transport;

test("the page uses a WebSocket unless told otherwise", async () => {
  const tab = await openTab(browser, chat.url);
  assert.equal(await choice(tab, "websocket").isChecked(), true);
  await tab.join("Default");
  await tab.say("hello");
  assert.deepEqual(new Set(tab.streams.map(({ transport }) => transport)), new Set(["websocket"]));
  await tab.close();
});

test("a link chooses the transport", async () => {
  const tab = await openTab(browser, chat.url, { transport: "sse" });
  assert.equal(await choice(tab, "sse").isChecked(), true);
  assert.deepEqual(new Set(tab.streams.map(({ transport }) => transport)), new Set(["sse"]));
  await tab.close();
});

test("the switch moves the conversation over and is remembered", async () => {
  const { url } = await startChat();
  const tab = await openTab(browser, url, { transport: "websocket" });
  await tab.join("Switcher");
  await tab.say("over WebSocket");
  await tab.sees("over WebSocket", "Switcher");

  // With the keyboard: the first one has the focus of the group.
  await choice(tab, "websocket").focus();
  await tab.page.keyboard.press("ArrowRight");
  await until(() => used(tab) === "sse", "a stream over server-sent events");
  await tab.status("live");
  assert.ok(tab.streams.at(-1).after, "continues after the last event");
  await tab.say("over SSE");
  await tab.sees("over SSE", "Switcher");

  await tab.page.reload();
  await tab.status("live");
  assert.equal(await choice(tab, "sse").isChecked(), true);
  assert.equal(used(tab), "sse");

  await choice(tab, "websocket").check();
  await until(() => used(tab) === "websocket", "a stream over WebSocket");
  await tab.status("live");
  await say(url, "Other", "welcome back");
  await tab.sees("welcome back", "Other");
  assert.deepEqual(await tab.shownWithNotices(), ["You joined", "over WebSocket", "over SSE", "welcome back"]);
  await tab.close();
});
