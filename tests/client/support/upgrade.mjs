import { Agent, request } from "node:http";
import { soon } from "./eventually.mjs";

const PATIENCE = 10_000;

/** The headers of a request to upgrade, with the key of the example in the standard. */
const HANDSHAKE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/**
 * Sends the request that opens a WebSocket; a header that is `undefined` is left out.
 * Returns `{ status, headers }`, and the open `socket` when the server agrees, which is to be destroyed.
 */
export function upgrade(origin, { path = "/ws", method = "GET", headers = {} } = {}) {
  const { hostname, port } = new URL(origin);
  const given = Object.entries({ ...HANDSHAKE, ...headers }).filter(([, value]) => value !== undefined);
  const asked = request({ hostname, port, path, method, headers: Object.fromEntries(given), agent: new Agent() });
  const answered = new Promise((resolve, reject) => {
    asked.once("error", reject);
    asked.once("upgrade", ({ statusCode: status, headers }, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve({ status, headers, socket: socket.on("error", () => {}) });
    });
    asked.once("response", (response) => {
      resolve({ status: response.statusCode, headers: response.headers });
      response.destroy();
    });
  });
  asked.end();
  return soon("the answer to the upgrade", answered, PATIENCE);
}

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** The bytes of one frame. What its head says may differ from what it carries. */
export function frame(opcode, payload, { end = true, reserved = 0, masked = true, length } = {}) {
  const bytes = Buffer.from(payload);
  const size = lengthField(length ?? bytes.length);
  size[0] |= masked ? 0x80 : 0;
  // A mask of zeros leaves the bytes as they are.
  return Buffer.concat([
    Buffer.from([(end ? 0x80 : 0) | reserved | opcode]),
    size,
    Buffer.alloc(masked ? 4 : 0),
    bytes,
  ]);
}

function lengthField(length) {
  if (length < 126) return Buffer.from([length]);
  const field = Buffer.alloc(length < 65_536 ? 3 : 9);
  field[0] = length < 65_536 ? 126 : 127;
  if (length < 65_536) field.writeUInt16BE(length, 1);
  else field.writeBigUInt64BE(BigInt(length), 1);
  return field;
}

/** The end of a WebSocket that is no more than bytes. */
export class RawSocket {
  #bytes = Buffer.alloc(0);
  #chunks;

  constructor(socket) {
    this.socket = socket.setNoDelay(true);
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  static async open(origin, options) {
    const { status, headers, socket } = await upgrade(origin, options);
    if (!socket) throw new Error(`the upgrade was answered with ${status}`);
    return Object.assign(new RawSocket(socket), { headers });
  }

  /** Writes bytes and waits until they are sent. */
  write(bytes) {
    return new Promise((resolve) => this.socket.write(bytes, resolve));
  }

  /** The next frame of the server, which comes soon: `{ opcode, payload }`; nothing when the connection ends. */
  async next() {
    for (;;) {
      const size = frameSize(this.#bytes);
      if (this.#bytes.length >= size) {
        const whole = this.#bytes.subarray(0, size);
        this.#bytes = this.#bytes.subarray(size);
        return { opcode: whole[0] & 15, payload: whole.subarray(headSize(whole)) };
      }
      const { done, value } = await soon(
        "bytes",
        this.#chunks.next().catch(() => ({ done: true })),
        PATIENCE,
      );
      if (done) return undefined;
      this.#bytes = Buffer.concat([this.#bytes, value]);
    }
  }

  /** The text of the next frame, which has to be one of text. */
  async nextText() {
    const { opcode, payload } = (await this.next()) ?? {};
    if (opcode !== TEXT) throw new Error(`a frame of text was to come, but it was ${opcode ?? "the end"}`);
    return payload.toString();
  }

  /** The code of the close frame that comes soon; nothing when the connection ends without one. */
  async closeCode() {
    for (let received; (received = await this.next());) {
      if (received.opcode === CLOSE) return received.payload.length >= 2 ? received.payload.readUInt16BE() : 1005;
    }
    return undefined;
  }

  close() {
    this.socket.destroy();
  }
}

/** Returns the length of the header of a server's frame. */
const headSize = (bytes) => ({ 126: 4, 127: 10 })[bytes[1] & 127] ?? 2;

/** Returns the length of a server's frame, as far as its first bytes tell. */
function frameSize(bytes) {
  if (bytes.length < 2 || bytes.length < headSize(bytes)) return Infinity;
  const length = bytes[1] & 127;
  if (length === 126) return 4 + bytes.readUInt16BE(2);
  if (length === 127) return 10 + Number(bytes.readBigUInt64BE(2));
  return 2 + length;
}
