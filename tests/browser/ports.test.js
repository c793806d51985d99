// Pages that share a worker: it notices when one of them ends, however it does.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser } from "./support/browser.js";
import { startCasesPage } from "./support/cases-page.js";
import { WORKER } from "./support/environment.js";
import { until } from "./support/until.js";

let browser, casesPage, context, watcher;
before(async () => {
  casesPage = await startCasesPage(undefined, WORKER);
  browser = await launchBrowser();
  context = await browser.newContext();
  watcher = await open();
});
after(async () => {
  await browser.close();
  await casesPage.stop();
});

async function open({ locks = true } = {}) {
  const page = await context.newPage();
  if (!locks) await page.addInitScript(() => delete Navigator.prototype.locks);
  await page.goto(`${casesPage.url}/?link=ports`);
  await page.evaluate(() => void (window.shared = openShared()));
  return page;
}

const live = () => watcher.evaluate(() => window.shared.client.stream.live());

const ENDS = [
  ["closes its port", (page) => page.evaluate(() => window.shared.port.close())],
  ["is reloaded", (page) => page.reload()],
  ["goes elsewhere", (page) => page.goto("about:blank")],
  ["is closed", (page) => page.close()],
];

for (const [how, end, options] of [
  ...ENDS,
  ["crashes", (page) => page.goto("chrome://crash").catch(() => {})],
  // As in an insecure context.
  ...ENDS.map(([how, end]) => [`has no locks and ${how}`, end, { locks: false }]),
]) {
  test(`a page that ${how} ends its calls, and not those of others`, async () => {
    const [staying, ending] = [await open(), await open(options)];
    for (const page of [staying, ending]) {
      await page.evaluate(async () => void (window.ticks = await window.shared.client.stream.ticks({ everyMs: 10_000 })));
    }
    assert.equal(await live(), 2);
    await end(ending);
    await until(async () => (await live()) === 1, "one stream");
    await staying.evaluate(() => window.ticks.return());
    await until(async () => (await live()) === 0, "no stream");
    await staying.close();
  });
}
