import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { CHROMIUM, SCREENSHOTS } from "./environment.js";
import { Tab } from "./tab.js";

const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const WAIT_MS = 60_000;

export function launchBrowser() {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}

/**
 * Opens the page in a context of its own, so that tabs share neither storage nor connections,
 * or beside another tab of the same person. `transport` is "websocket" or "sse"; without it
 * the page has its own choice.
 */
export async function openTab(browser, url, { transport, beside, ...contextOptions } = {}) {
  if (beside) {
    const tab = new Tab(await beside.page.context().newPage(), url, transport);
    await tab.open();
    return tab;
  }
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    ...contextOptions,
  });
  context.setDefaultTimeout(WAIT_MS);
  const tab = new Tab(await context.newPage(), url, transport);
  await tab.open();
  return tab;
}

export async function screenshot(tab, name) {
  await tab.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: "disabled" });
}

/** Fails with the rules of accessibility that the page breaks. */
export async function assertAccessible(tab) {
  await tab.page.evaluate(AXE);
  const { violations } = await tab.page.evaluate(async () => {
    // Colours of a notice that fades in are not its own, and one may arrive at any time.
    const still = new CSSStyleSheet();
    still.replaceSync("*, ::before, ::after { animation: none !important; transition: none !important; }");
    const own = document.adoptedStyleSheets;
    document.adoptedStyleSheets = [...own, still];
    try {
      return await window.axe.run();
    } finally {
      document.adoptedStyleSheets = own;
    }
  });
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`);
  assert.deepEqual(found, []);
}
