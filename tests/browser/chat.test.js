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

// The server limits each author, so every test uses names of its own.

test("two tabs talk to each other", async () => {
  const ada = await openTab(browser, chat.url);
  const grace = await openTab(browser, chat.url);
  await ada.join("Ada");
  await grace.join("Grace");

  await ada.say("Hello Grace");
  await grace.sees("Hello Grace", "Ada");
  await grace.say("Hello Ada");
  await ada.sees("Hello Ada", "Grace");

  const conversation = [
    { author: "Ada", text: "Hello Grace" },
    { author: "Grace", text: "Hello Ada" },
  ];
  assert.deepEqual(await ada.shown(), conversation);
  assert.deepEqual(await grace.shown(), conversation);
  await ada.close();
  await grace.close();
});

test("a newcomer sees what was said before joining", async () => {
  await say(chat.url, "Early bird", "First!");
  const late = await openTab(browser, chat.url);
  await late.sees("First!", "Early bird");
  await late.close();
});

test("the name survives a reload and can be changed", async () => {
  const tab = await openTab(browser, chat.url);
  await tab.nameInput.fill("   ");
  assert.equal(await tab.nameSave.isDisabled(), true);
  await tab.join("  Before ");
  await tab.open();
  await tab.say("old name");
  await tab.sees("old name", "Before");

  await tab.page.getByTestId("name-edit").click();
  await tab.nameInput.fill("After");
  await tab.nameSave.click();
  await tab.nameInput.waitFor({ state: "detached" });
  await tab.say("new name");
  await tab.sees("new name", "After");
  await tab.sees("old name", "Before");
  await tab.close();
});

test("two people with one name are two people", async () => {
  const first = await openTab(browser, chat.url);
  const second = await openTab(browser, chat.url);
  const reader = await openTab(browser, chat.url);
  await first.join("Namesake");
  await second.join("Namesake");
  // One more than an author may send at a time.
  for (const count of [1, 2, 3]) {
    await first.say(`first ${count}`);
    await second.say(`second ${count}`);
  }

  const bylines = (tab) => tab.log.locator("p[aria-hidden] > span").allTextContents();
  await first.sees("second 3", "Namesake");
  assert.ok((await bylines(first)).includes("You"));
  assert.ok((await bylines(first)).includes("Namesake"));
  await reader.sees("second 3", "Namesake");
  assert.ok(!(await bylines(reader)).includes("You"));
  const you = first.page.locator('aside [data-testid="person"][data-you="true"]');
  await until(async () => (await you.count()) === 1, "one person in the list who is the reader");
  for (const tab of [first, second, reader]) {
    await tab.close();
  }
});

test("a reload keeps the draft, and sending it takes it away", async () => {
  const tab = await openTab(browser, chat.url);
  await tab.join("Drafter");
  await tab.composer.fill("half a thought");
  await tab.open();
  await tab.draft("half a thought");
  await tab.composer.press("Enter");
  await tab.sees("half a thought", "Drafter");
  await tab.open();
  await tab.sees("half a thought", "Drafter");
  assert.equal(await tab.composer.inputValue(), "");
  await tab.close();
});

test("addresses of the web are links, and nothing else is", async () => {
  const tab = await openTab(browser, chat.url);
  await tab.join("Linker");
  const text =
    "See https://example.com/a?b=c&d=(e), (http://example.org/x). javascript:alert(1) data:text/html,x http://[ https://";
  await tab.say(text);
  await tab.sees(text, "Linker");
  const message = tab.messages.filter({ hasText: "javascript:alert(1)" });
  const links = await message.locator("a").evaluateAll((all) =>
    all.map((link) => ({ text: link.textContent, href: link.href, rel: link.rel, target: link.target })),
  );
  assert.deepEqual(
    links.map(({ text }) => text),
    ["https://example.com/a?b=c&d=(e)", "http://example.org/x"],
  );
  for (const { text, href, rel, target } of links) {
    assert.equal(href, text);
    assert.match(rel, /\bnoopener\b/u);
    assert.equal(target, "_blank");
  }
  await tab.close();
});

test("the composer ends at the bottom of a phone, and the page says who is here", async () => {
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  const tab = await openTab(browser, chat.url, phone);
  await tab.join("Phoner");
  const form = tab.page.locator("form", { has: tab.composer });
  const field = await tab.composer.locator("..").boundingBox();
  const whole = await form.boundingBox();
  assert.ok(whole.y + whole.height - (field.y + field.height) < 1, "nothing but the field in the form");

  await tab.page.getByTestId("people-count").click();
  const dialog = tab.page.getByRole("dialog", { name: "About this room" });
  await dialog.locator('[data-testid="person"][data-you="true"]', { hasText: "Phoner" }).waitFor();
  await dialog.getByText("Two ways for messages to reach this page").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "detached" });
  await tab.close();
});

test("Shift+Enter starts a new line", async () => {
  const tab = await openTab(browser, chat.url);
  await tab.join("Poet");
  await tab.composer.pressSequentially("one");
  await tab.composer.press("Shift+Enter");
  await tab.composer.pressSequentially("two");
  await tab.send.click();
  await tab.sees("one\ntwo", "Poet");
  await tab.close();
});

test("HTML is shown as text", async () => {
  const attacker = await openTab(browser, chat.url);
  const victim = await openTab(browser, chat.url);
  await attacker.join("<i>Mallory</i>");
  const title = await victim.page.title();
  const html = `<img src="x" onerror="document.title = 'taken over'"><b>bold</b>&amp;`;

  await attacker.say(html);
  await victim.sees(html, "<i>Mallory</i>");
  assert.equal(await victim.log.locator("img, b, i").count(), 0);
  assert.equal(await victim.page.title(), title);
  await attacker.close();
  await victim.close();
});

test("an empty message cannot be sent", async () => {
  const tab = await openTab(browser, chat.url);
  await tab.join("Silent");
  for (const nothing of ["", "   ", "\n\n"]) {
    await tab.composer.fill(nothing);
    assert.equal(await tab.send.isDisabled(), true);
    await tab.composer.press("Enter");
  }
  await tab.say("something");
  assert.equal(tab.sends, 1);
  await tab.close();
});

test("an over-long message shows the error and cannot be sent until it is shorter", async () => {
  const tab = await openTab(browser, chat.url);
  await tab.join("Novelist");
  // One character to the server, two code units to JavaScript.
  const longest = "🦀".repeat(2000);

  await tab.composer.fill(`${longest}!`);
  assert.equal(await tab.error.textContent(), "Too long by 1 character");
  assert.equal(await tab.page.getByTestId("character-count").textContent(), "2001 / 2000");
  assert.equal(await tab.send.isDisabled(), true);
  await tab.composer.press("Enter");
  await tab.draft(`${longest}!`);

  await tab.composer.press("Backspace");
  await tab.error.waitFor({ state: "detached" });
  await tab.composer.press("Enter");
  await tab.sees(longest, "Novelist");
  assert.equal(tab.sends, 1);
  await tab.close();
});

test("a message the server finds invalid shows its reason and stays in the composer", async () => {
  const tab = await openTab(browser, chat.url, { transport: "sse" });
  await tab.join("Tamperer");
  // The page would not send this by itself.
  const tooLong = JSON.stringify({ json: { message: "x".repeat(2001) } });
  await tab.page.route("**/rpc/chat/send", (route) => route.continue({ postData: tooLong }), { times: 1 });

  await tab.composer.fill("keep me");
  await tab.composer.press("Enter");
  await tab.error.waitFor();
  assert.match(await tab.error.textContent(), /^Not sent: message: \S/u);
  await tab.draft("keep me");

  await tab.composer.press("Enter");
  await tab.sees("keep me", "Tamperer");
  await tab.error.waitFor({ state: "detached" });
  await tab.close();
});

test("the rate limit shows a countdown, keeps the text and then lets it through", async () => {
  const tab = await openTab(browser, chat.url);
  await tab.join("Chatterbox");
  for (const count of [1, 2, 3, 4, 5]) {
    await tab.say(`message ${count}`);
  }
  await tab.composer.fill("one too many");
  await tab.composer.press("Enter");
  await tab.error.waitFor();

  const secondsLeft = async () => {
    const countdown = /^Slow down: try again in (\d+) s$/u.exec(await tab.error.textContent());
    assert.ok(countdown, "the error is a countdown");
    return Number(countdown[1]);
  };
  const first = await secondsLeft();
  assert.ok(first >= 2 && first <= 10, `${first} s`);
  await tab.draft("one too many");
  assert.equal(await tab.send.isDisabled(), true);
  await until(async () => (await secondsLeft()) < first, "the countdown moving");

  await tab.error.waitFor({ state: "detached" });
  await tab.draft("one too many");
  await tab.send.click();
  await tab.sees("one too many", "Chatterbox");
  assert.equal((await tab.texts()).filter((text) => text === "one too many").length, 1);
  await tab.close();
});

for (const transport of ["websocket", "sse"]) {
  test(`a tab that was offline continues after the last message it saw, over ${transport}`, async () => {
    const tab = await openTab(browser, chat.url, { transport });
    await tab.join(`Commuter by ${transport}`);
    await tab.say("entering the tunnel");
    await tab.sees("entering the tunnel", `Commuter by ${transport}`);
    const office = `Office by ${transport}`;
    const before = await tab.texts();

    await tab.page.context().setOffline(true);
    await tab.status("reconnecting");
    await tab.page.getByText("Not connected: you are offline.").waitFor();
    await say(chat.url, office, "missed one");
    await say(chat.url, office, "missed two");

    await tab.page.context().setOffline(false);
    await tab.status("live");
    await tab.sees("missed two", office);
    await say(chat.url, office, "live again");
    await tab.sees("live again", office);
    assert.deepEqual(await tab.texts(), [...before, "missed one", "missed two", "live again"]);
    assert.equal(tab.streams[0].after, undefined);
    assert.ok(tab.streams.at(-1).after);
    await tab.close();
  });
}

test("history that is replayed is not shown twice", async () => {
  await say(chat.url, "Historian", "for the record");
  const tab = await openTab(browser, chat.url, { transport: "sse" });
  await tab.sees("for the record", "Historian");
  const before = await tab.texts();
  // Without the id the server takes the tab for a newcomer.
  await tab.page.route("**/rpc/chat/onMessage", (route) => {
    const { "last-event-id": _, ...headers } = route.request().headers();
    return route.continue({ headers });
  });

  await tab.page.context().setOffline(true);
  await tab.status("reconnecting");
  await tab.page.context().setOffline(false);
  await tab.status("live");
  await say(chat.url, "Historian", "and a new entry");
  await tab.sees("and a new entry", "Historian");
  assert.deepEqual(await tab.texts(), [...before, "and a new entry"]);
  await tab.close();
});

test("a reader who scrolled up is told about new messages instead of being moved", async () => {
  const tab = await openTab(browser, chat.url);
  await say(chat.url, "Verbose", Array.from({ length: 100 }, (_, line) => `line ${line}`).join("\n"));
  const isAtStart = () => tab.log.evaluate((area) => area.scrollTop === 0);
  const jump = tab.page.getByTestId("jump-to-latest");
  await until(async () => (await tab.log.textContent()).includes("line 99"), "the long message");
  await until(() => tab.isAtLatest(), "the newest message in view");

  await tab.log.focus();
  await tab.log.press("Home");
  await until(isAtStart, "the first message in view");
  await jump.waitFor();
  await say(chat.url, "Verbose", "are you there?");
  await tab.page.getByText("1 new message", { exact: true }).waitFor();
  assert.equal(await isAtStart(), true);

  await jump.click();
  await jump.waitFor({ state: "detached" });
  assert.equal(await tab.isAtLatest(), true);
  await tab.close();
});

for (const transport of ["websocket", "sse"]) {
  test(`tabs reconnect to a restarted server and talk on, over ${transport}`, async () => {
    const first = await startChat();
    const ada = await openTab(browser, first.url, { transport });
    const grace = await openTab(browser, first.url, { transport });
    await ada.join("Ada");
    await grace.join("Grace");
    await ada.say("before the restart");
    await grace.sees("before the restart", "Ada");

    await first.stop();
    await ada.status("reconnecting");
    await grace.status("reconnecting");
    await ada.page.getByText("Not connected: the server cannot be reached.").waitFor();
    await ada.composer.fill("anyone?");
    await ada.composer.press("Enter");
    await ada.error.waitFor();
    assert.equal(await ada.error.textContent(), "Not sent: the server cannot be reached");
    await ada.draft("anyone?");

    await startChat(first.port);
    await ada.status("live");
    await grace.status("live");
    await ada.error.waitFor({ state: "detached" });
    await ada.draft("anyone?");
    await ada.composer.press("Enter");
    await grace.sees("anyone?", "Ada");
    await grace.say("after the restart");
    await ada.sees("after the restart", "Grace");
    const conversation = ["before the restart", "anyone?", "after the restart"];
    assert.deepEqual(await ada.texts(), conversation);
    assert.deepEqual(await grace.texts(), conversation);
    await ada.close();
    await grace.close();
  });
}
