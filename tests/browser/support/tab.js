import assert from "node:assert/strict";
import { until } from "./until.js";

/** One visitor: a page of the chat room and what a person can do on it. */
export class Tab {
  constructor(page, url) {
    this.page = page;
    this.url = url;
    this.problems = [];
    this.sendRequests = 0;
    /** The event id each opened message stream was asked to continue after. */
    this.resumedAfter = [];

    this.log = page.getByTestId("messages");
    this.messages = page.getByTestId("message");
    this.composer = page.getByTestId("composer");
    this.send = page.getByTestId("send");
    this.error = page.getByTestId("error");
    this.nameInput = page.getByTestId("name-input");
    this.nameSave = page.getByTestId("name-save");

    page.on("pageerror", (error) => this.problems.push(`uncaught: ${error.message}`));
    page.on("request", (request) => {
      const { origin, pathname, protocol } = new URL(request.url());
      if (protocol !== "data:" && origin !== url) {
        this.problems.push(`request to another origin: ${request.url()}`);
      }
      if (pathname === "/rpc/chat/send") {
        this.sendRequests += 1;
      }
      if (pathname === "/rpc/chat/onMessage") {
        this.resumedAfter.push(request.headers()["last-event-id"]);
      }
    });
  }

  async open() {
    await this.page.goto(this.url);
    await this.status("live");
  }

  async status(state) {
    await this.page.locator(`[data-testid="status"][data-state="${state}"]`).waitFor();
  }

  async join(name) {
    await this.nameInput.fill(name);
    await this.nameSave.click();
    await this.composer.waitFor();
  }

  async say(message) {
    await this.composer.fill(message);
    await this.composer.press("Enter");
    await this.draft("");
  }

  async sees(message, author) {
    await until(
      async () => (await this.shown()).some((one) => one.text === message && one.author === author),
      `${author} saying ${JSON.stringify(message)}`,
    );
  }

  /** Waits until the composer holds exactly this text. */
  async draft(text) {
    await until(
      async () => (await this.composer.inputValue()) === text,
      `composer holding ${JSON.stringify(text)}`,
    );
  }

  /** Every message on the page, in order. */
  shown() {
    return this.messages.evaluateAll((elements) =>
      elements.map((element) => ({ author: element.dataset.author, text: element.textContent })),
    );
  }

  async texts() {
    return (await this.shown()).map(({ text }) => text);
  }

  /** Whether the list is scrolled to its end. */
  isAtLatest() {
    return this.log.evaluate((area) => area.scrollHeight - area.scrollTop - area.clientHeight < 2);
  }

  /** Closes the tab; what went wrong behind the scenes meanwhile fails the test. */
  async close() {
    await this.page.context().close();
    assert.deepEqual(this.problems, []);
  }
}
