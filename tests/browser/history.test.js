import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { launchBrowser, openTab } from "./support/browser.js";
import { say, startChat, stopAll } from "./support/servers.js";
import { VARIANTS } from "./support/variants.js";

let browser;

before(async () => {
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await stopAll();
});

const GONE_FOR_MS = 10_000;

/** One author per four messages, so that no author exceeds the rate limit. */
const author = (number) => `Author ${Math.floor(number / 4)}`;

for (const { name, transport, options } of VARIANTS) {
  test(`100 messages sent while the network is gone for 10 s appear once and in order, ${name}`, async () => {
    const chat = await startChat(0, options);
    const tab = await openTab(browser, chat.url, { transport });
    await say(chat.url, "Early", "before");
    await tab.sees("before", "Early");

    const texts = Array.from({ length: 100 }, (_, number) => `message ${number}`);
    await tab.page.context().setOffline(true);
    for (const [number, text] of texts.entries()) {
      await say(chat.url, author(number), text);
      // The duration of the outage is the subject of the test.
      await pause(GONE_FOR_MS / texts.length);
    }
    await tab.page.context().setOffline(false);
    await tab.sees(texts.at(-1), author(99));
    await say(chat.url, "Late", "after");
    await tab.sees("after", "Late");
    assert.deepEqual(await tab.texts(), ["before", ...texts, "after"]);

    // A tab that is loaded again shows the same.
    await tab.page.reload();
    await tab.sees("after", "Late");
    assert.deepEqual(await tab.texts(), ["before", ...texts, "after"]);
    await tab.close();
  });

  test(`shows a line in place of the missing messages after a long outage, ${name}`, async () => {
    const chat = await startChat(0, options);
    const tab = await openTab(browser, chat.url, { transport });
    await say(chat.url, "Early", "before");
    await tab.sees("before", "Early");

    await tab.page.context().setOffline(true);
    await tab.status("reconnecting");
    for (let number = 0; number < 600; number += 1) {
      await say(chat.url, author(number), `message ${number}`);
    }
    await tab.page.context().setOffline(false);
    await tab.noticed("You were away for too long: some messages are missing here");
    await tab.sees("message 599", author(599));

    const shown = (await tab.texts()).filter((text) => text !== "before");
    const first = Number(shown[0].slice("message ".length));
    assert.ok(first > 0, "nothing is missing");
    assert.deepEqual(shown, Array.from({ length: 600 - first }, (_, index) => `message ${first + index}`));
    await tab.close();
  });
}

test("the history outlives the server, and an open tab continues where it was", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "chat-"));
  t.after(() => rm(folder, { recursive: true }));
  const history = join(folder, "history");
  const before = await startChat(0, [], history);
  const tab = await openTab(browser, before.url);
  await say(before.url, "Ada", "one");
  await tab.sees("one", "Ada");
  await say(before.url, "Ada", "two");
  // At once, and without a goodbye.
  await before.stop();
  await tab.status("reconnecting");

  const chat = await startChat(before.port, [], history);
  await say(chat.url, "Ada", "three");
  await tab.sees("three", "Ada");
  assert.deepEqual(await tab.texts(), ["one", "two", "three"]);
  const newcomer = await openTab(browser, chat.url);
  await newcomer.sees("three", "Ada");
  assert.deepEqual(await newcomer.texts(), ["one", "two", "three"]);
  assert.deepEqual(await tab.notices.allTextContents(), []);
  await newcomer.close();
  await tab.page.context().close();
});
