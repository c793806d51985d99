// The built page in Chromium, on a phone and on a desktop, light and dark. CHROMIUM is its path, where it is not
// /usr/bin/chromium; without it the tests are skipped.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { startServer } from "./server.mjs";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

const skip = !process.env.CHROMIUM && !existsSync(CHROMIUM) && "Chromium is not installed, and CHROMIUM not set";
let browser;
let server;

before(async () => {
  if (skip) return;
  server = await startServer();
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
});

after(async () => {
  await browser?.close();
  server?.stop();
});

async function open(options = {}) {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => assert.fail(error));
  await page.goto(server.url);
  return page;
}

test("the page greets, counts down, and shows errors", { skip }, async () => {
  const page = await open();
  await page.getByLabel("Name").fill("Grace");
  await page.getByRole("button", { name: "Greet" }).click();
  await page.getByText("Hello, Grace!").waitFor();
  await page.getByLabel("Name").fill("");
  await page.getByRole("button", { name: "Greet" }).click();
  await page.getByText("1 character").waitFor();

  await page.getByLabel("Count down from").fill("1");
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("1 0").waitFor();
  await page.getByLabel("Count down from").fill("11");
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("TOO_LONG").waitFor();
});

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(`the page in ${colorScheme} on a ${size} is accessible, and no wider than the screen`, { skip }, async () => {
      const page = await open({ viewport, colorScheme });
      await page.getByRole("button", { name: "Greet" }).click();
      await page.getByText("Hello, Ada!").waitFor();
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`), []);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `the page is ${overflow} px wider than the screen`);
    });
  }
}
