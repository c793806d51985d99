import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser } from "./support/browser.js";
import { startConformance, stopAll } from "./support/servers.js";
import { until } from "./support/until.js";

/** A stream of a closed page would be detected by the first keep-alive comment, after 5 s. */
const BEFORE_KEEP_ALIVE_MS = 4_000;

let browser;
let server;

before(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startConformance()]);
});

after(async () => {
  await browser?.close();
  await stopAll();
});

async function liveStreams() {
  const response = await fetch(`${server.url}/rpc/stream/live`, { method: "POST" });
  return (await response.json()).json;
}

/** Opens a page of the server's own origin and starts streams in it. */
async function openPage(startStreams) {
  const page = await browser.newPage();
  await page.goto(`${server.url}/rpc/ping`);
  await page.evaluate(startStreams);
  await until(async () => (await liveStreams()) === 3, "three streams are alive");
  return page;
}

const WAYS = {
  "server-sent events": async () => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ json: { everyMs: 10_000 } });
    const ticks = () => fetch("/rpc/stream/ticks", { method: "POST", headers, body });
    globalThis.streams = await Promise.all([ticks(), ticks(), ticks()]);
  },
  "one WebSocket": async () => {
    const socket = new WebSocket(location.origin.replace("http", "ws") + "/ws");
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    for (const i of ["1", "2", "3"]) {
      socket.send(JSON.stringify({ i, p: { u: "/stream/ticks", b: { json: { everyMs: 10_000 } } } }));
    }
    globalThis.socket = socket;
  },
};

for (const [way, startStreams] of Object.entries(WAYS)) {
  test(`a closed tab ends its streams over ${way} at once`, async () => {
    const page = await openPage(startStreams);
    await page.close();
    await until(async () => (await liveStreams()) === 0, "no stream is alive", BEFORE_KEEP_ALIVE_MS);
  });

  test(`a page that is left ends its streams over ${way} at once`, async () => {
    const page = await openPage(startStreams);
    await page.goto("about:blank");
    await until(async () => (await liveStreams()) === 0, "no stream is alive", BEFORE_KEEP_ALIVE_MS);
    await page.close();
    assert.equal(await liveStreams(), 0);
  });
}
