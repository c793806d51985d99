import assert from "node:assert/strict";
import { until } from "./until.js";

/** One visitor: a page of the chat room and what a person can do on it. */
export class Tab {
  constructor(page, url, transport) {
    this.page = page;
    this.url = url;
    this.transport = transport;
    this.problems = [];
    /** Number of messages that the page sent, or tried to send. */
    this.sends = 0;
    /** Each event stream that was asked for: over what, and which event to continue after. */
    this.streams = [];
    /** The id of each event that came over a WebSocket. */
    this.receivedIds = [];

    this.log = page.getByTestId("messages");
    this.messages = page.getByTestId("message");
    this.notices = page.getByTestId("notice");
    this.entries = this.messages.or(this.notices);
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
      if (pathname.startsWith("/rpc/")) {
        this.#calls("sse", pathname.slice("/rpc".length), request.headers());
      }
    });
    page.on("websocket", (socket) => {
      if (new URL(socket.url()).host !== new URL(url).host) {
        this.problems.push(`socket to another host: ${socket.url()}`);
      }
      socket.on("framesent", ({ payload }) => {
        const { p: request } = JSON.parse(payload);
        if (request?.u) {
          this.#calls("websocket", request.u, request.h ?? {});
        }
      });
      socket.on("framereceived", ({ payload }) => {
        const { p: event } = JSON.parse(payload);
        if (event?.m?.id) {
          this.receivedIds.push(event.m.id);
        }
      });
    });
  }

  #calls(transport, procedure, headers) {
    if (procedure === "/chat/send") {
      this.sends += 1;
    }
    if (procedure === "/chat/onMessage") {
      this.streams.push({ transport, after: headers["last-event-id"] });
    }
  }

  async open() {
    await this.page.goto(this.transport ? `${this.url}/?transport=${this.transport}` : this.url);
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

  /** Waits for a notice, such as "Ada joined". */
  async noticed(notice) {
    await until(
      async () => (await this.notices.allTextContents()).includes(notice),
      `the notice ${JSON.stringify(notice)}`,
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

  /** Every message and notice on the page as text, in order. */
  shownWithNotices() {
    return this.entries.allTextContents();
  }

  async texts() {
    return (await this.shown()).map(({ text }) => text);
  }

  /** Returns `true` if the list is scrolled to its end. */
  isAtLatest() {
    return this.log.evaluate((area) => area.scrollHeight - area.scrollTop - area.clientHeight < 2);
  }

  /** Closes the tab; what went wrong behind the scenes meanwhile fails the test. */
  async close() {
    const context = this.page.context();
    await this.page.close();
    if (context.pages().length === 0) {
      await context.close();
    }
    assert.deepEqual(this.problems, []);
  }
}
