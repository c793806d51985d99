// Pages of other origins in Chromium: what a foreign one sends with its visitor's cookies runs nothing,
// and the official client works from one that the server allows.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { startServer } from "../client/support/server.mjs";
import { launchBrowser } from "./support/browser.js";
import { until } from "./support/until.js";

const LIMIT = { timeout: 120_000 };

/** The official client over both links, for the pages. */
const CLIENT = `
  import { createORPCClient } from "@orpc/client";
  import { RPCLink as Fetch } from "@orpc/client/fetch";
  import { RPCLink as Socket } from "@orpc/client/websocket";
  window.overFetch = (origin) =>
    createORPCClient(new Fetch({ url: origin + "/rpc", fetch: (request, init) => fetch(request, { ...init, credentials: "include" }) }));
  window.overSocket = (origin) => createORPCClient(new Socket({ websocket: new WebSocket(origin.replace("http", "ws") + "/ws") }));
`;

/** Serves an empty page with the official client. */
async function startPage() {
  const { outputFiles } = await build({
    stdin: { contents: CLIENT, resolveDir: fileURLToPath(new URL("../client", import.meta.url)) },
    bundle: true,
    write: false,
    target: "es2022",
    logLevel: "warning",
  });
  const files = {
    "/": ["text/html", `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script src="/client.js"></script>`],
    "/client.js": ["text/javascript", outputFiles[0].text],
  };
  const server = createServer((request, response) => {
    const [type, text] = files[request.url] ?? ["text/plain", "not found"];
    response.writeHead(200, { "content-type": type }).end(text);
  });
  // For both names of this machine, which are two sites.
  server.listen(0);
  await once(server, "listening");
  const stop = () => (server.closeAllConnections(), server.close());
  return { port: server.address().port, stop };
}

/** Every message of the room, for a listener. */
async function listen(origin) {
  const response = await fetch(`${origin}/rpc/chat/onMessage`, { method: "POST" });
  const heard = { text: "" };
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  heard.ended = (async () => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) heard.text += read.value;
  })().catch(() => {});
  heard.stop = () => reader.cancel();
  return heard;
}

/** The requests that a page can send without asking: `name` is in each message. */
const attacks = {
  "multipart POST": (origin, name) => {
    const form = new FormData();
    form.append("data", JSON.stringify({ json: { message: name }, maps: [] }));
    return fetch(`${origin}/rpc/chat/send`, { method: "POST", mode: "no-cors", credentials: "include", body: form });
  },
  "POST without a content type": (origin, name) => {
    const body = new Blob([JSON.stringify({ json: { message: name } })]);
    return fetch(`${origin}/rpc/chat/send`, { method: "POST", mode: "no-cors", credentials: "include", body });
  },
  "POST of text/plain": (origin, name) => {
    const body = JSON.stringify({ json: { message: name } });
    return fetch(`${origin}/rpc/chat/send`, { method: "POST", mode: "no-cors", credentials: "include", body });
  },
  "POST of text/plain without an input": (origin) =>
    fetch(`${origin}/rpc/account/headers`, { method: "POST", mode: "no-cors", credentials: "include", body: "" }),
  "beacon": async (origin, name) => {
    navigator.sendBeacon(`${origin}/rpc/chat/send`, JSON.stringify({ json: { message: name } }));
  },
  "HEAD": (origin) => fetch(`${origin}/rpc/account/headers`, { method: "HEAD", mode: "no-cors", credentials: "include" }),
  "GET": (origin) => fetch(`${origin}/rpc/account/headers`, { mode: "no-cors", credentials: "include" }),
  "GET of a procedure that allows it": (origin) => fetch(`${origin}/rpc/ping`, { mode: "no-cors", credentials: "include" }),
  "WebSocket": (origin, name) =>
    new Promise((done, fail) => {
      const socket = new WebSocket(`${origin.replace("http", "ws")}/ws`);
      socket.onerror = () => done();
      socket.onopen = () => {
        socket.send(JSON.stringify({ i: "1", p: { u: "/chat/send", b: { json: { message: name } } } }));
        fail(new Error("the socket is open"));
      };
    }),
  // The last one, with which the page is left.
  "form": async (origin, name) => {
    const form = document.body.appendChild(document.createElement("form"));
    Object.assign(form, { method: "POST", enctype: "multipart/form-data", action: `${origin}/rpc/chat/send` });
    const field = form.appendChild(document.createElement("input"));
    Object.assign(field, { name: "data", value: JSON.stringify({ json: { message: name }, maps: [] }) });
    form.submit();
  },
};

test("pages of other origins in Chromium", LIMIT, async (t) => {
  const page = await startPage();
  t.after(page.stop);
  const allowed = `http://localhost:${page.port}`;
  const server = await startServer({ ALLOW_ORIGIN: allowed });
  t.after(async () => assert.deepEqual(await server.stop(), { code: 0, signal: null }));
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const other = await startPage();
  t.after(other.stop);
  const heard = await listen(server.origin);
  t.after(heard.stop);

  // The server is at 127.0.0.1: one page is of another port of that site, one of another site.
  for (const foreign of [`http://127.0.0.1:${page.port}`, `http://localhost:${other.port}`]) {
    await t.test(`what ${foreign.includes("localhost") ? "another site" : "another port"} sends runs nothing`, LIMIT, async () => {
      const context = await browser.newContext();
      await context.addCookies([{ name: "session", value: "visitor", url: server.origin }]);
      const tab = await context.newPage();
      const answers = [];
      tab.on("response", (response) => {
        if (response.url().startsWith(server.origin)) answers.push(response);
      });
      await tab.goto(foreign);
      const official = `overFetch("${server.origin}").chat.send({ message: "official of ${foreign}" }).then(() => "done", () => "refused")`;
      assert.equal(await tab.evaluate(official), "refused");
      for (const [name, attack] of Object.entries(attacks)) {
        const count = answers.length;
        // A refusal that has no body is an error of the network for the page.
        await tab.evaluate(`(${attack})("${server.origin}", "${name} of ${foreign}").catch((error) => { if (/is open/.test(error)) throw error })`);
        if (name === "WebSocket") continue;
        await until(() => answers.length > count, `${name} is answered`, 10_000);
        const status = answers.at(-1).status();
        assert.ok([403, 405].includes(status), `${name}: ${status}`);
      }
      if (foreign.includes("127.0.0.1")) {
        const { cookie } = await answers.at(-1).request().allHeaders();
        assert.equal(cookie, "session=visitor", "the visitor's cookie was sent");
      }
      const names = (await context.cookies(server.origin)).map(({ name }) => name);
      assert.deepEqual(names, ["session"], "no procedure has set its cookie");
      await context.close();
    });
  }

  await t.test("the official client works from an origin that the server allows", LIMIT, async () => {
    const context = await browser.newContext();
    const tab = await context.newPage();
    await tab.goto(allowed);
    for (const client of ["overFetch", "overSocket"]) {
      const results = await tab.evaluate(`(async () => {
        const client = ${client}("${server.origin}");
        await client.chat.send({ message: "${client} is allowed" });
        const events = [];
        for await (const { n } of await client.count({ to: 3 })) events.push(n);
        const error = await client.errors.typed({ retryAfter: 3 }).catch((error) => error);
        return [await client.ping(), events, error.code, error.data];
      })()`);
      assert.deepEqual(results, ["pong", [0, 1, 2], "RATE_LIMITED", { retryAfter: 3 }], client);
      await until(() => heard.text.includes(`${client} is allowed`), `${client} is heard`, 10_000);
    }
    assert.doesNotMatch(heard.text, / of http/u, "nothing else is");
    await context.close();
  });
});
