// The page in Chromium against the built server.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { addIssue, call, card, close, launch, move, open, PASSWORD, signUp } from "./browser.mjs";
import { Server } from "./server.mjs";

let browser;
let server;

before(async () => {
  browser = await launch();
});

after(() => close(browser));

beforeEach(async () => {
  server = await Server.start();
});

afterEach(async () => {
  await Promise.all(browser.contexts().map(close));
  await server.remove();
});

/** Waits for a response to a call. */
const answered = (page, path) => page.waitForResponse((response) => new URL(response.url()).pathname === `/rpc/${path}`);

test("a session is in a cookie that scripts cannot read, and ends with the sign-out", async () => {
  const page = await open(browser, server.url);
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("Wrong name or password.").waitFor();
  await signUp(page, "Ada");
  const [cookie] = await page.context().cookies();
  const { name, httpOnly, secure, sameSite } = cookie;
  assert.deepEqual({ name, httpOnly, secure, sameSite }, { name: "__Host-session", httpOnly: true, secure: true, sameSite: "Lax" });
  assert.equal(await page.evaluate(() => document.cookie), "");

  await page.reload();
  await page.getByText("Ada", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.deepEqual(await page.context().cookies(), []);
  await page.context().addCookies([cookie]);
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

test("a sign-out ends the board of every tab, a new sign-in opens it again", async () => {
  const first = await open(browser, server.url);
  await signUp(first, "Ada");
  const second = await first.context().newPage();
  await second.goto(server.url);
  await second.getByRole("region", { name: "Open" }).waitFor();
  await second.getByRole("button", { name: "Sign out" }).click();
  await first.getByRole("heading", { name: "Sign in" }).waitFor();

  await first.getByLabel("Name").fill("Ada");
  await first.getByLabel("Password").fill(PASSWORD);
  await first.getByRole("button", { name: "Sign in" }).click();
  await first.getByRole("region", { name: "Open" }).waitFor();
  // In the session of the first tab.
  await second.reload();
  await second.getByRole("region", { name: "Open" }).waitFor();
  await addIssue(second, "After the sign-in");
  await card(first, "Open", "After the sign-in").waitFor();
});

test("two browsers see each other's changes", async () => {
  const [ada, bob] = [await open(browser, server.url), await open(browser, server.url)];
  await signUp(ada, "Ada");
  await signUp(bob, "Bob");
  await addIssue(ada, "A typo");
  await card(bob, "Open", "A typo").waitFor();
  await move(bob, "A typo", "Done");
  await card(ada, "Done", "A typo").waitFor();

  await ada.getByRole("link", { name: "A typo" }).click();
  await bob.getByRole("link", { name: "A typo" }).click();
  await ada.getByLabel("Your comment").fill("Fixed it.");
  await ada.getByRole("button", { name: "Comment", exact: true }).click();
  await bob.getByText("Fixed it.").waitFor();

  // An edit of a text that somebody else has changed meanwhile is refused.
  await bob.getByLabel("Title", { exact: true }).fill("Two typos");
  await bob.getByRole("button", { name: "Save" }).click();
  await ada.getByRole("heading", { name: "Two typos" }).waitFor();
  await ada.getByLabel("Title", { exact: true }).fill("No typo");
  await ada.getByRole("button", { name: "Save" }).click();
  await ada.getByText("Somebody else has changed this text.").waitFor();
  await ada.getByRole("button", { name: "Show their text" }).click();
  assert.equal(await ada.getByLabel("Title", { exact: true }).inputValue(), "Two typos");

  await ada.getByRole("button", { name: "Remove this issue" }).click();
  await card(bob, "Done", "Two typos").waitFor({ state: "detached" });
});

test("a move is shown at once, and taken back if the server refuses it", async () => {
  const page = await open(browser, server.url);
  await signUp(page, "Ada");
  for (const title of ["One", "Two", "Three", "Four", "Five", "Six"]) await addIssue(page, title);
  for (const title of ["One", "Two", "Three", "Four", "Five"]) {
    const done = answered(page, "issues/move");
    await move(page, title, "In progress");
    assert.equal((await done).status(), 200);
    await card(page, "In progress", title).waitFor();
  }

  let answer;
  const held = new Promise((resolve) => {
    answer = resolve;
  });
  await page.route("**/rpc/issues/move", async (route) => {
    await held;
    await route.continue();
  });
  await move(page, "Six", "In progress");
  await card(page, "In progress", "Six").waitFor();
  assert.equal(await card(page, "Open", "Six").count(), 0);

  const refused = answered(page, "issues/move");
  answer();
  const error = await (await refused).json();
  assert.deepEqual([error.json.code, error.json.defined, error.json.data], ["COLUMN_FULL", true, { limit: 5 }]);
  await card(page, "Open", "Six").waitFor();
  await page.getByRole("alert").getByText("Finish something else first.").waitFor();
  assert.equal(await card(page, "In progress", "Six").count(), 0);
});

test("the board goes on where it was after the server is killed", async () => {
  const [ada, bob] = [await open(browser, server.url), await open(browser, server.url)];
  await signUp(ada, "Ada");
  await signUp(bob, "Bob");
  await addIssue(ada, "Before");
  await card(bob, "Open", "Before").waitFor();

  // Bob's page stays away until the board has changed.
  let isBack;
  const back = new Promise((resolve) => {
    isBack = resolve;
  });
  await bob.route("**/rpc/board/watch", async (route) => {
    await back;
    await route.continue();
  });
  const resumed = bob.waitForRequest("**/rpc/board/watch");
  await server.end("SIGKILL");
  await bob.getByText("Reconnecting", { exact: true }).waitFor();
  await server.restart();
  await ada.getByText("Live", { exact: true }).waitFor();
  await addIssue(ada, "After");
  await move(ada, "Before", "Done");
  await card(ada, "Done", "Before").waitFor();

  isBack();
  assert.match((await resumed).headers()["last-event-id"], /^[0-9a-f]{32}\.\d+$/u);
  await card(bob, "Open", "After").waitFor();
  await card(bob, "Done", "Before").waitFor();
  await bob.getByText("Live", { exact: true }).waitFor();
  assert.equal(await bob.getByRole("listitem").count(), 2);
});

test("an upload shows its progress, and the file comes back byte for byte", async () => {
  const page = await open(browser, server.url);
  await signUp(page, "Ada");
  await addIssue(page, "With a picture");
  await page.getByRole("link", { name: "With a picture" }).click();

  const bytes = Buffer.from({ length: 3_000_000 }, (_, n) => (n * n) % 251);
  const network = await page.context().newCDPSession(page);
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 2_000_000 };
  await network.send("Network.emulateNetworkConditions", slow);
  const shares = page.evaluate(
    () =>
      new Promise((resolve) => {
        const shares = [];
        const look = () => {
          const bar = document.querySelector("progress");
          if (bar) shares.push(bar.value);
          else if (shares.length > 0) return resolve(shares);
          requestAnimationFrame(look);
        };
        look();
      }),
  );
  await page.getByLabel("Add a file").setInputFiles({ name: "Bild ä.bin", mimeType: "application/octet-stream", buffer: bytes });
  const between = (await shares).filter((share) => share > 0 && share < 1);
  assert.ok(between.length > 0, `progress: ${await shares}`);
  assert.deepEqual(between, between.toSorted((a, b) => a - b));

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download Bild ä.bin" }).click();
  const download = await saved;
  assert.equal(download.suggestedFilename(), "Bild ä.bin");
  assert.ok(bytes.equals(await readFile(await download.path())));
});

test("a form of another page is refused", async (context) => {
  const page = await open(browser, server.url);
  await signUp(page, "Ada");
  const form = `<form method="post" enctype="text/plain" action="${server.url}/rpc/account/signOut"><button>Win</button></form>`;
  const evil = createServer((_, response) => response.setHeader("content-type", "text/html").end(form)).listen(0, "127.0.0.1");
  context.after(() => evil.close());
  await once(evil, "listening");
  // Another site, and another origin of the same site, to which the cookie is sent.
  const other = await page.context().newPage();
  for (const host of ["localhost", "127.0.0.1"]) {
    await other.goto(`http://${host}:${evil.address().port}`);
    const refused = answered(other, "account/signOut");
    await other.getByRole("button").click();
    assert.equal((await refused).status(), 403, host);
  }
  await page.reload();
  await page.getByRole("region", { name: "Open" }).waitFor();
});

test("a member cannot do what an admin can", async () => {
  const [admin, member] = [await open(browser, server.url), await open(browser, server.url)];
  await signUp(admin, "Ada");
  await signUp(member, "Bob");
  await addIssue(member, "Mine");
  assert.equal(await member.getByRole("link", { name: "People" }).count(), 0);
  await member.getByRole("link", { name: "Mine" }).click();
  await member.getByRole("button", { name: "Comment", exact: true }).waitFor();
  assert.equal(await member.getByRole("button", { name: "Remove this issue" }).count(), 0);
  for (const [path, json] of [["issues/remove", 1], ["people/list", null], ["people/setRole", { id: 2, role: "admin" }]]) {
    const { status, body } = await call(member, path, { json });
    assert.deepEqual([status, body.json.code, body.json.defined], [403, "FORBIDDEN", true], path);
  }

  await admin.getByRole("link", { name: "People" }).click();
  const promoted = answered(admin, "people/setRole");
  await admin.getByLabel("Role of Bob").selectOption("Admin");
  assert.equal((await promoted).status(), 200);
  await member.reload();
  await member.getByRole("button", { name: "Remove this issue" }).click();
  await card(member, "Open", "Mine").waitFor({ state: "detached" });
});

test("everything can be done by keyboard", async () => {
  const page = await open(browser, server.url);
  await signUp(page, "Ada");
  await page.getByLabel("Title of a new issue").focus();
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  const link = page.getByRole("link", { name: "By keyboard" });
  await link.waitFor();
  await page.getByLabel("Title of a new issue").focus();
  const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);
  for (let presses = 0; !(await isFocused(link)); presses++) {
    assert.ok(presses < 3, "the link of the card is next");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Tab");
  assert.ok(await isFocused(page.getByLabel("Column of By keyboard")));
  await page.keyboard.press("ArrowDown");
  await card(page, "In progress", "By keyboard").waitFor();

  await link.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "By keyboard" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("the server tells its health, and ends open streams at a signal", async () => {
  const page = await open(browser, server.url);
  await signUp(page, "Ada");
  const health = await fetch(`${server.url}/health`);
  assert.deepEqual([health.status, await health.text()], [200, "ok"]);
  const { headers } = await fetch(server.url);
  assert.equal(headers.get("content-security-policy"), "default-src 'self'; frame-ancestors 'none'");
  assert.equal(await server.end("SIGTERM"), 0);
});
