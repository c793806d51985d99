import { soon } from "./eventually.mjs";
import { openSocket } from "./ws-link.mjs";

const PATIENCE = 10_000;

/** The end of a WebSocket whose messages are written and read by hand. */
export class Peer {
  #messages = [];
  #wake = () => {};
  #ending;

  constructor(socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      socket.once("close", (code, reason) => resolve((this.#ending = { code, reason: reason.toString() })));
    });
    socket.on("message", (data, isBinary) => {
      this.#messages.push(isBinary ? data : data.toString());
      this.#wake();
    });
    socket.on("close", () => this.#wake());
  }

  /** Sends a message: an object as JSON, text and bytes as they are. */
  send(message) {
    this.socket.send(typeof message === "string" || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** The next message of the server: a text, or the bytes of a binary frame. */
  async next() {
    const message = await this.nextOrEnd();
    if (message === undefined) throw new Error(`the server closed the socket with ${this.#ending.code}`);
    return message;
  }

  /** The next `count` messages. */
  async take(count) {
    const messages = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }

  /** The messages up to the `last` one, which is not among them; fewer when the server closes the socket before. */
  async before(last) {
    for (const messages = []; ;) {
      const message = await this.nextOrEnd(last);
      if (message === undefined || message === last) return messages;
      messages.push(message);
    }
  }

  /** The code that the socket is closed with, which comes soon. */
  async closeCode() {
    return (await soon("the end of the socket", this.ended, PATIENCE)).code;
  }

  /** The next message, or nothing when the socket ends before it comes. */
  async nextOrEnd(what = "the next message") {
    while (this.#messages.length === 0 && !this.#ending) {
      await soon(what, new Promise((resolve) => (this.#wake = resolve)), PATIENCE);
    }
    return this.#messages.shift();
  }
}

/** Opens a WebSocket to the server, to be used by hand. */
export async function openPeer(origin, options) {
  const peer = new Peer(openSocket(origin, options));
  await soon(
    "an open socket",
    new Promise((resolve, reject) => {
      peer.socket.once("open", resolve);
      peer.socket.once("error", reject);
    }),
  );
  return peer;
}

/** A request as the protocol writes it. */
export const request = (id, path, input, headers) => ({
  i: id,
  p: { u: path, b: input === undefined ? {} : { json: input }, h: headers },
});

/** The text of the response with this value. */
export const answer = (id, value) => JSON.stringify({ i: id, p: { b: { json: value } } });

/** The text of the response with this error. */
export const failure = (id, { defined = false, code, status, message, data }) =>
  JSON.stringify({ i: id, p: { s: status, b: { json: { defined, code, status, message, data } } } });

/** The text of the response that opens a stream. */
export const streamHead = (id) => JSON.stringify({ i: id, p: { h: { "content-type": "text/event-stream" } } });

/** The text of an event of a stream. */
export const streamEvent = (id, name, value, meta) =>
  JSON.stringify({ i: id, t: 3, p: { e: name, d: { json: value }, m: meta } });

/** The message that aborts a call. */
export const abort = (id) => ({ i: id, t: 4 });
