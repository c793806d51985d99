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
