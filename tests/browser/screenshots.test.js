import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, launchBrowser, openTab, screenshot } from "./support/browser.js";
import { enter, say, startChat, stopAll } from "./support/servers.js";
import { until } from "./support/until.js";

const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  mobile: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  narrow: { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true },
};

const CONVERSATION = [
  ["Priya Natarajan", "Morning! Has anyone tried restarting the server while the page is open?"],
  ["Tomás Ríos", "Just did. The tab said it was reconnecting, and a second later it was back."],
  ["Tomás Ríos", "No message lost and none shown twice."],
  ["Ada Lovelace", "Because the stream continues after the last event it saw:"],
  ["Ada Lovelace", "for await (const message of stream) {\n  show(message);\n}"],
  [
    "Grace Hopper",
    "So the browser says which event it saw last, and the server sends only what was missed? " +
      "That is a lot less code than we had. Let us delete the polling, and the retry queue next to it.",
  ],
  ["Priya Natarajan", "Yes please."],
  ["Ada Lovelace", "I'll do it after lunch."],
  ["Tomás Ríos", "https://example.com/a/long/link/without/any/spaces/that/has/to/wrap/somewhere/on/a/narrow/screen"],
];

let browser;

before(async () => {
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await stopAll();
});

async function assertNoSidewaysScroll(tab) {
  const overflow = await tab.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} px wider than the screen`);
}

for (const colorScheme of ["light", "dark"]) {
  for (const [size, options] of Object.entries(SIZES)) {
    test(`the page in ${colorScheme} on a ${size} screen`, async () => {
      const chat = await startChat();
      const tab = await openTab(browser, chat.url, { ...options, colorScheme });
      const shoot = async (state) => {
        await assertNoSidewaysScroll(tab);
        await assertAccessible(tab);
        await screenshot(tab, `${size}-${colorScheme}-${state}`);
      };

      await tab.nameInput.fill("Ada Lovelace");
      await shoot("1-empty");

      await enter(chat.url, "Priya Natarajan");
      const leave = await enter(chat.url, "Tomás Ríos");
      for (const [author, message] of CONVERSATION) {
        if (author === "Grace Hopper") {
          await enter(chat.url, author);
        }
        await say(chat.url, author, message);
      }
      leave();
      const [lastAuthor, lastMessage] = CONVERSATION.at(-1);
      await tab.nameSave.click();
      await tab.sees(lastMessage, lastAuthor);
      await shoot("2-conversation");

      await tab.page.getByTestId("name-edit").click();
      await tab.nameInput.waitFor();
      await shoot("3-rename");
      await tab.page.keyboard.press("Escape");
      await tab.nameInput.waitFor({ state: "detached" });

      await tab.noticed("Tomás Ríos left");
      for (const message of ["Lunch was great.", "There was cake.", "Twice.", "Sorry, back.", "Where were we?"]) {
        await tab.say(message);
      }
      await tab.composer.fill("Right, the polling.");
      await tab.composer.press("Enter");
      await tab.error.waitFor();
      await shoot("4-rate-limited");

      await chat.stop();
      await tab.status("reconnecting");
      await until(() => tab.isAtLatest(), "the newest message still in view");
      await shoot("5-reconnecting");
      await tab.close();
    });
  }
}
