import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser, openTab } from "./support/browser.js";
import { startProxy } from "./support/proxy.js";
import { startChat, stopAll } from "./support/servers.js";
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
  test(`a cut connection loses nothing and shows nothing twice, ${name}`, async (t) => {
    const chat = await startChat(0, options);
    const proxy = await startProxy(chat.port);
    t.after(proxy.stop);
    const ada = await openTab(browser, proxy.url, { transport });
    const grace = await openTab(browser, chat.url, { transport });
    await ada.join("Ada");
    await grace.noticed("Ada joined");
    await grace.join("Grace");
    await ada.noticed("Grace joined");

    for (const round of ["first", "second"]) {
      proxy.cut();
      await grace.say(`${round} missed one`);
      await grace.say(`${round} missed two`);
      await ada.status("reconnecting");
      proxy.mend();
      await ada.status("live");
      await ada.sees(`${round} missed two`, "Grace");
      await ada.say(`${round} time back`);
      await grace.sees(`${round} time back`, "Ada");
    }

    // Leave notices come in the order in which people left: after this one, Ada's cannot come.
    const visitor = await openTab(browser, chat.url, { transport });
    await visitor.join("Visitor");
    await ada.noticed("Visitor joined");
    await visitor.close();
    await ada.noticed("Visitor left");
    await grace.noticed("Visitor left");

    const rounds = ["first", "second"].flatMap((round) => [
      `${round} missed one`,
      `${round} missed two`,
      `${round} time back`,
    ]);
    const shown = (joined) => [...joined, ...rounds, "Visitor joined", "Visitor left"];
    assert.deepEqual(await ada.shownWithNotices(), shown(["You joined", "Grace joined"]));
    assert.deepEqual(await grace.shownWithNotices(), shown(["Ada joined", "You joined"]));
    // The page would hide what the server sends twice.
    assert.deepEqual(ada.receivedIds, [...new Set(ada.receivedIds)]);
    // Those before the cuts had seen nothing yet.
    assert.ok(ada.streams.slice(-2).every(({ after }) => after), JSON.stringify(ada.streams));

    await ada.close();
    await grace.close();
  });
}
