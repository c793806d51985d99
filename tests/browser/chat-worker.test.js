// The chat page whose room is in a worker of the browser: `examples/chat/run-browser --build` has built it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launchBrowser, openTab, screenshot } from "./support/browser.js";
import { serveFolder } from "./support/static.js";
import { until } from "./support/until.js";

const PAGE = join(import.meta.dirname, "../../examples/chat/web/dist-browser");

let browser, files;
before(async () => {
  browser = await launchBrowser();
  files = await serveFolder(PAGE);
});
after(async () => {
  await browser?.close();
  await files?.stop();
});

const requests = (tab) => {
  const calls = [];
  tab.page.on("request", (request) => calls.push(new URL(request.url()).pathname));
  return calls;
};

test("two tabs talk to each other in one worker, and nothing is sent to a server", async () => {
  const ada = await openTab(browser, files.url);
  const grace = await openTab(browser, files.url, { beside: ada });
  const sent = [requests(ada), requests(grace)];
  await ada.join("Ada");
  await ada.noticed("You joined");
  await ada.say("Hello from the first tab");
  await grace.sees("Hello from the first tab", "Ada");
  // The tabs of a browser are one person's.
  await until(async () => (await grace.composer.count()) === 1 || (await grace.nameInput.count()) === 1, "a form");
  if (await grace.nameInput.count()) await grace.join("Ada");
  await grace.say("And from the second");
  await ada.sees("And from the second", "Ada");
  const talk = [
    { author: "Ada", text: "Hello from the first tab" },
    { author: "Ada", text: "And from the second" },
  ];
  assert.deepEqual(await ada.shown(), talk);
  assert.deepEqual(await grace.shown(), talk);
  await screenshot(ada, "worker-1-two-tabs");
  assert.deepEqual(sent, [[], []]);

  // A reload continues, and the room stays while a tab is open.
  await ada.open();
  await ada.sees("And from the second", "Ada");
  assert.deepEqual(await ada.shown(), talk);
  assert.equal((await ada.shownWithNotices()).filter((text) => text.includes("left")).length, 0);
  await ada.close();
  await grace.close();
});

test("the room limits its authors and says so, as on a server", async () => {
  const tab = await openTab(browser, files.url);
  await tab.join("Hasty");
  for (let n = 0; n < 5; n += 1) await tab.say(`message ${n}`);
  await tab.composer.fill("one too many");
  await tab.composer.press("Enter");
  await until(async () => /\d/u.test((await tab.error.textContent()) ?? ""), "the error");
  assert.equal((await tab.texts()).length, 5);
  await screenshot(tab, "worker-2-limited");
  await tab.close();
});

test("a person leaves with the last of their tabs, and another browser has another room", async () => {
  const first = await openTab(browser, files.url);
  await first.join("Leaver");
  await first.say("I am about to go");
  const witness = await openTab(browser, files.url, { beside: first });
  // Somebody else at the same browser.
  await witness.page.evaluate(() => localStorage.clear());
  await witness.open();
  await witness.sees("I am about to go", "Leaver");

  const elsewhere = await openTab(browser, files.url);
  assert.deepEqual(await elsewhere.shownWithNotices(), []);
  await elsewhere.close();
  await first.close();
  await witness.noticed("Leaver left");
  await witness.close();
});
