import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser, openTab } from "./support/browser.js";
import { startChat, stopAll } from "./support/servers.js";

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
    const second = await joinAs(name, transport);
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

test("a page that is loaded again is no news", async () => {
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
