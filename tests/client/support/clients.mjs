import { createORPCClient } from "@orpc/client";

/** The clients that tests make of one server, and what is to be closed after them. */
export class Clients {
  /** Origin of the server; known once it runs. */
  origin;
  #makeLink;
  #openLine;
  #opened = [];

  /**
   * `makeLink(origin, options)` connects to the server: it returns `{ link, close }` and other members for tests;
   * `options` are those of every link of the official client (`headers`, `plugins` and so on). `openLine(origin)`
   * opens a line to the same server that can be cut: `{ origin, cut, close }`.
   */
  constructor(makeLink, openLine) {
    this.#makeLink = makeLink;
    this.#openLine = openLine;
  }

  /** Closes all that was opened so far, so that nothing of one test is left for the next. */
  async disconnect() {
    const closing = this.#opened;
    this.#opened = [];
    for (const close of closing) await close();
  }

  /** A client of the server. */
  client(options) {
    return this.connection(options).client;
  }

  /** A client of the server with what its link is made of. */
  connection(options = {}) {
    return this.#connect(this.origin, options);
  }

  /** The same, and the line that its calls go through, to be cut. */
  async clientOverLine(options = {}) {
    const line = await this.#openLine(this.origin);
    this.#opened.push(line.close);
    return { ...this.#connect(line.origin, options), line };
  }

  #connect(origin, options) {
    const made = this.#makeLink(origin, options);
    this.#opened.push(made.close);
    return { ...made, client: createORPCClient(made.link) };
  }
}
