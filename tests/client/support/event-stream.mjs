/** A reader of the text of an event stream as it arrives, by bytes and not by events. */
export class EventText {
  text = "";
  #chunks;

  constructor(response) {
    this.response = response;
    this.#chunks = response.setEncoding("utf8")[Symbol.asyncIterator]();
  }

  /** Reads until the text has at least this many characters, or to the end; returns all the text so far. */
  async upTo(length = Infinity) {
    while (this.text.length < length) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      this.text += value;
    }
    return this.text;
  }

  close() {
    this.response.destroy();
  }
}

/** The comment that opens a stream, and that is sent again while there is nothing to say. */
export const COMMENT = ": \n\n";

/** An event as the protocol writes it. */
export const event = (name, value, id) =>
  `event: ${name}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify({ json: value })}\n\n`;

export const message = (value, id) => event("message", value, id);
export const DONE = event("done");
