// The pages on screens of two sizes, light and dark: accessible, and no wider than the screen. SCREENSHOTS names a
// folder for pictures of them.
import { join } from "node:path";
import { after, before, test } from "node:test";
import { addIssue, assertAccessible, assertNoSidewaysScroll, card, close, launch, move, open, PASSWORD, signUp } from "./browser.mjs";
import { Server } from "./server.mjs";

const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

const TITLES = [
  "Dates are shown in the wrong time zone",
  "The export has no header line",
  "AVeryLongWordWithoutAnySpaceThatHasToBeBrokenSomewhereOnANarrowScreenOrItWouldStickOut",
  "Sign-in fails after a password with an umlaut",
  "Update the documentation of the importer, which still names the old options and their defaults",
];

let browser;
let server;

before(async () => {
  browser = await launch();
  server = await Server.start({ PROXIES: "1" });
  const page = await open(browser, server.url, { extraHTTPHeaders: { "x-forwarded-for": "192.0.2.1" } });
  await signUp(page, "Ada Lovelace");
  for (const title of TITLES) await addIssue(page, title);
  await move(page, TITLES[1], "In progress");
  await card(page, "In progress", TITLES[1]).waitFor();
  await move(page, TITLES[3], "Done");
  await card(page, "Done", TITLES[3]).waitFor();
  await page.getByRole("link", { name: TITLES[0] }).click();
  await page.getByLabel("Description").fill("A meeting at 9:00 in Lisbon is shown at 10:00.\n\nSeen in the calendar and in the mail.");
  await page.getByRole("button", { name: "Save" }).click();
  for (const text of ["I can reproduce it in the calendar, not in the mail.", "The mail is sent in UTC."]) {
    await page.getByLabel("Your comment").fill(text);
    await page.getByRole("button", { name: "Comment", exact: true }).click();
    await page.getByText(text, { exact: true }).and(page.locator("p")).waitFor();
  }
  const picture = { name: "calendar.png", mimeType: "image/png", buffer: Buffer.alloc(48_000) };
  await page.getByLabel("Add a file").setInputFiles(picture);
  await page.getByText("calendar.png").waitFor();
  await close(page.context());
});

after(async () => {
  await close(browser);
  await server?.remove();
});

for (const colorScheme of ["light", "dark"]) {
  for (const [size, options] of Object.entries(SIZES)) {
    test(`the pages in ${colorScheme} on a ${size}`, async () => {
      const forwarded = { extraHTTPHeaders: { "x-forwarded-for": size === "phone" ? "192.0.2.2" : "192.0.2.3" } };
      const page = await open(browser, server.url, { ...options, ...forwarded, colorScheme });
      const look = async (name) => {
        await assertNoSidewaysScroll(page);
        await assertAccessible(page);
        const folder = process.env.SCREENSHOTS;
        if (folder) await page.screenshot({ path: join(folder, `${size}-${colorScheme}-${name}.png`), animations: "disabled" });
      };
      await page.getByLabel("Name").fill("Ada Lovelace");
      await page.getByLabel("Password").fill("wrong horses");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("alert").waitFor();
      await look("1-sign-in");

      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await card(page, "In progress", TITLES[1]).waitFor();
      await look("2-board");
      await page.getByRole("link", { name: TITLES[0] }).click();
      await page.getByText("The mail is sent in UTC.").waitFor();
      await page.getByText("calendar.png").waitFor();
      await look("3-issue");
      await page.keyboard.press("Escape");
      await page.getByRole("link", { name: "All issues" }).click();
      await page.getByText(TITLES[4]).waitFor();
      await look("4-issues");
      await page.getByRole("link", { name: "People" }).click();
      await page.getByLabel("Role of Ada Lovelace").waitFor();
      await look("5-people");
      await close(page.context());
    });
  }
}
