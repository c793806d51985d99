import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "../../client/support/server.mjs";
import { launchBrowser } from "./browser.js";
import { startCasesPage } from "./cases-page.js";

const CASE_LIMIT = { timeout: 120_000 };

/** Of all cases: they take less than one of these minutes on a machine with two idle cores. */
const LIMIT = { timeout: 15 * 60_000 };

/** Between the names of the groups around a case and its own. */
const JOINT = " > ";

async function startConformance(t) {
  const server = await startServer();
  t.after(async () => assert.deepEqual(await server.stop(), { code: 0, signal: null }));
  return server.origin;
}

/**
 * Runs the cases of the official client in a page in Chromium, each as a test of its own.
 * `leftOut` are those that no browser can run: the reason by the full name of each.
 * `used(forwarded)` checks that the page reached the server as it was to. With the folder of a worker there is no server.
 */
export function runCases(link, leftOut, used, workerFolder) {
  test(`the official client in Chromium over ${link}`, LIMIT, async (t) => {
    const upstream = workerFolder ? undefined : await startConformance(t);
    const casesPage = await startCasesPage(upstream, workerFolder);
    t.after(casesPage.stop);
    const browser = await launchBrowser();
    t.after(() => browser.close());

    const page = await browser.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(casesPage.mapStack(error.stack ?? `${error}`)));
    for (const [name, run] of Object.entries(casesPage.functions)) await page.exposeFunction(name, run);
    await page.goto(`${casesPage.url}/?link=${link}`);

    const counts = { run: 0, leftOut: 0 };
    const missed = new Map(Object.entries(leftOut));

    async function declare(t, { name, id, children }, path) {
      const fullName = [...path, name].join(JOINT);
      if (children) {
        await t.test(name, async (t) => {
          for (const child of children) await declare(t, child, [...path, name]);
        });
        return;
      }
      const skip = missed.get(fullName);
      if (skip) {
        missed.delete(fullName);
        counts.leftOut += 1;
        await t.test(name, { skip });
        return;
      }
      counts.run += 1;
      await t.test(name, CASE_LIMIT, async () => {
        const failure = await page.evaluate((id) => window.cases.run(id), id);
        if (failure) throw asError(failure, casesPage.mapStack);
      });
    }

    for (const group of await page.evaluate(() => window.cases.list())) await declare(t, group, []);
    t.diagnostic(`${counts.run} cases in Chromium, ${counts.leftOut} left out`);

    assert.deepEqual([...missed.keys()], [], "each name that is left out is that of a case");
    assert.equal(counts.leftOut, Object.keys(leftOut).length, "no more is left out than is named");
    assert.deepEqual(problems, [], "nothing fails outside of the cases");
    used(casesPage.forwarded, counts.run);
  });
}

function asError({ name, message, stack }, mapStack) {
  const error = new Error(message);
  error.name = name;
  error.stack = mapStack(stack);
  return error;
}
