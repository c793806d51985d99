// Actions of a person on the page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

export const PASSWORD = "correct horse";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const WAIT_MS = 30_000;

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

/** Closes a browser or a context. One that does not end by itself ends with the tests. */
export async function close(browserOrContext) {
  let timer;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, WAIT_MS);
  });
  await Promise.race([browserOrContext?.close(), limit]);
  clearTimeout(timer);
}

/** Opens the page in a browser context of its own. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(error));
  await page.goto(url);
  return page;
}

/** Makes an account and waits for the board. */
export async function signUp(page, name) {
  await page.getByRole("button", { name: "I am new here" }).click();
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByRole("region", { name: "Open" }).waitFor();
}

export async function addIssue(page, title) {
  await page.getByLabel("Title of a new issue").fill(title);
  await page.getByRole("button", { name: "Add issue" }).click();
  await card(page, "Open", title).waitFor();
}

/** The card of an issue in a column. */
export function card(page, column, title) {
  return page.getByRole("region", { name: column }).getByRole("listitem").filter({ hasText: title });
}

/** Moves an issue, without a wait for the answer. */
export function move(page, title, column) {
  return page.getByLabel(`Column of ${title}`).selectOption(column);
}

/** Calls a procedure from the page, with its cookie. */
export function call(page, path, body) {
  return page.evaluate(
    async ([path, body]) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`/rpc/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      return { status: response.status, body: await response.json() };
    },
    [path, body],
  );
}

/** Fails with the rules of accessibility that the page breaks. */
export async function assertAccessible(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`);
  assert.deepEqual(found, []);
}

export async function assertNoSidewaysScroll(page) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} px wider than the screen`);
}
