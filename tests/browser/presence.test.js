import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launchBrowser, openTab } from "./support/browser.js";
import { startChat, stopAll } from "./support/servers.js";
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

/** A reader without a name: sees every notice and causes none. */
function openWitness() {
  return openTab(browser, chat.url);
}

async function joinAs(name, transport) {
  const tab = await openTab(browser, chat.url, { transport });
  await tab.join(name);
  return tab;
}

/**
 * Waits until everyone who left before this call is announced: leave notices come
 * in the order in which people left.
 */
async function everyDeparture(witness, name) {
  const tab = await joinAs(name);
  await witness.noticed(`${name} joined`);
  await tab.close();
  await witness.noticed(`${name} left`);
}

async function noticesOf(name, witness) {
  return (await witness.notices.allTextContents()).filter((notice) => notice.startsWith(`${name} `));
}

for (const transport of ["websocket", "sse"]) {
  test(`a person leaves with the last of their tabs, over ${transport}`, async () => {
    const witness = await openWitness();
    const name = `Twice by ${transport}`;
    const first = await joinAs(name, transport);
    await first.noticed("You joined");
    await witness.noticed(`${name} joined`);
    const second = await openTab(browser, chat.url, { transport, beside: first });
    await second.noticed("You joined");

    await first.close();
    await everyDeparture(witness, `Usher by ${transport}`);
    assert.deepEqual(await noticesOf(name, witness), [`${name} joined`]);

    await second.close();
    await witness.noticed(`${name} left`);
    assert.deepEqual(await noticesOf(name, witness), [`${name} joined`, `${name} left`]);
    await witness.close();
  });
}

test("a reloaded page causes no notice", async () => {
  const witness = await openWitness();
  const tab = await joinAs("Reloader");
  await witness.noticed("Reloader joined");
  await tab.open();
  await everyDeparture(witness, "Reload usher");
  assert.deepEqual(await noticesOf("Reloader", witness), ["Reloader joined"]);
  await tab.close();
  await witness.close();
});

test("another name is another person", async () => {
  const witness = await openWitness();
  const tab = await joinAs("Caterpillar");
  await witness.noticed("Caterpillar joined");
  await tab.page.getByTestId("name-edit").click();
  await tab.nameInput.fill("Butterfly");
  await tab.nameSave.click();
  await witness.noticed("Butterfly joined");
  await witness.noticed("Caterpillar left");
  await tab.close();
  await witness.close();
});

for (const options of [[], ["--hibernating"]]) {
  test(`everyone here is listed, ${options.length ? "on hibernating sockets" : "over WebSocket"}`, async () => {
    const room = await startChat(0, options);
    const witness = await openTab(browser, room.url);
    const listed = () => witness.page.locator('aside [data-testid="person"]').allTextContents();
    const lists = (names) =>
      until(async () => JSON.stringify(await listed()) === JSON.stringify(names), `the list ${names}`);
    await lists([]);
    const open = async (name) => {
      const tab = await openTab(browser, room.url);
      await tab.join(name);
      return tab;
    };
    const zoe = await open("Zoë");
    const ada = await open("Ada");
    await lists(["Ada", "Zoë"].map((name) => `${name[0]}${name}`));
    await zoe.close();
    await lists(["AAda"]);
    await ada.close();
    await lists([]);
    await witness.close();
  });
}

test("a restarted server does not announce the people who were present before", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "chat-"));
  t.after(() => rm(folder, { recursive: true }));
  const first = await startChat(0, [], join(folder, "history"));
  const witness = await openTab(browser, first.url);
  const tab = await openTab(browser, first.url);
  await tab.join("Survivor");
  await witness.noticed("Survivor joined");

  await first.stop();
  await witness.status("reconnecting");
  const second = await startChat(first.port, [], join(folder, "history"));
  await tab.status("live");
  await witness.status("live");
  await tab.say("still here");
  await witness.sees("still here", "Survivor");
  assert.deepEqual(await noticesOf("Survivor", witness), ["Survivor joined"]);
  await tab.page.context().close();
  await witness.page.context().close();
  await second.stop();
});
