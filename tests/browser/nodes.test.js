import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser, openTab } from "./support/browser.js";
import { startNodes, stopAll } from "./support/servers.js";
import { until } from "./support/until.js";
import { VARIANTS } from "./support/variants.js";

let browser;

before(async () => {
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await stopAll();
});

for (const { name, transport, options } of VARIANTS) {
  test(`three servers are one room while they are killed in turn, ${name}`, async () => {
    const room = await startNodes(3, options);
    const tabs = [];
    for (const person of ["Ada", "Grace", "Edsger"]) {
      const tab = await openTab(browser, room.url, { transport });
      await tab.join(person);
      for (const other of tabs) await other.noticed(`${person} joined`);
      tabs.push(tab);
    }
    const expected = [];
    for (const [round, person] of ["Ada", "Grace", "Edsger"].entries()) {
      for (const [n, tab] of tabs.entries()) {
        const text = `${round}, from tab ${n}`;
        await tab.say(text);
        expected.push(text);
        for (const other of tabs) await until(async () => (await other.texts()).includes(text), `${text} for all`);
      }
      room.kill(round + 1);
      await room.isStartedAgain(round + 1);
      for (const tab of tabs) await tab.status("live");
      await tabs[round].say(`back, ${person}`);
      expected.push(`back, ${person}`);
      for (const other of tabs) {
        await until(async () => (await other.texts()).includes(`back, ${person}`), `${person} for all`);
      }
    }
    for (const tab of tabs) {
      assert.deepEqual(await tab.texts(), expected);
      assert.deepEqual(tab.receivedIds, [...new Set(tab.receivedIds)]);
      // Everybody was away for a moment at most.
      const notices = await tab.notices.allTextContents();
      assert.deepEqual(notices.filter((notice) => notice.endsWith(" left")), []);
      assert.equal(new Set(notices).size, notices.length, notices.join());
      await tab.close();
    }
    await room.stop();
  });
}
