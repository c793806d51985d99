import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Rooms } from "./support/rooms.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

let rooms;
let browser;
let page;
let pageServer;
const problems = [];

/** The page, and the calls below `/rpc`: they are of one origin, the sockets of another. */
async function servePage(script) {
  const server = createServer((request, response) => {
    if (!request.url.startsWith("/rpc/")) {
      const isScript = request.url === "/page.js";
      response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
      response.end(isScript ? script : `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`);
      return;
    }
    const { hostname, port } = new URL(rooms.server.origin);
    const { method, headers, url: path } = request;
    const onward = httpRequest({ hostname, port, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

beforeAll(async () => {
  rooms = await Rooms.start();
  const { outputFiles } = await build({
    entryPoints: [here("./support/page.js")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
  });
  pageServer = await servePage(outputFiles[0].text);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  page = await browser.newPage();
  page.on("pageerror", (error) => problems.push(`${error}`));
  await page.exposeFunction("cutLine", () => rooms.line.cut());
  await page.exposeFunction("freezeLine", () => rooms.line.freeze());
  await page.exposeFunction("thawLine", () => rooms.line.thaw());
  await page.goto(`http://127.0.0.1:${pageServer.address().port}/`);
  await page.waitForFunction(() => typeof globalThis.talk === "function");
}, 30_000);

afterAll(async () => {
  await browser?.close();
  pageServer?.closeAllConnections();
  pageServer?.close();
  await rooms?.stop();
});

test("in Chromium a durable iterator reads, calls, comes back when its line is cut, and ends", async () => {
  const url = `${rooms.line.origin.replace("http", "ws")}/durable`;
  const result = await page.evaluate((url) => globalThis.talk(url), url);
  expect(result).toEqual({
    pong: "pong",
    texts: Array.from({ length: 20 }, (_, number) => `${number}`),
    isOneId: true,
    forbidden: "FORBIDDEN",
    end: { done: true },
    afterEnd: "The durable iterator is closed.",
  });
  expect(problems).toEqual([]);
}, 20_000);

test("in Chromium nothing is left uncaught when a durable iterator ends while a method runs", async () => {
  const url = `${rooms.line.origin.replace("http", "ws")}/durable`;
  expect(await page.evaluate((url) => globalThis.leave(url), url)).toEqual(["AbortError", "AbortError", "AbortError"]);
  expect(problems).toEqual([]);
}, 20_000);

test("in Chromium a line that goes dark without an end is noticed, and the next socket is opened", async () => {
  const url = `${rooms.line.origin.replace("http", "ws")}/durable`;
  expect(await page.evaluate((url) => globalThis.freeze(url), url)).toEqual(["AbortError", "heard"]);
  expect(problems).toEqual([]);
}, 20_000);
