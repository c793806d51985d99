// Wire format of a WebSocket: messages, ids, frames, unknown messages, and the maximum length of a message.
// The tests avoid the official link where it would hide the bytes.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ORPCError, safe } from "@orpc/client";
import { VALID } from "./cases/inputs.mjs";
import { COMMON_ERRORS, MALFORMED, assertIssues } from "./support/errors.mjs";
import { TIME_LIMIT, eventually, soon } from "./support/eventually.mjs";
import { abort, answer, failure, openPeer, request, streamEvent, streamHead } from "./support/peer.mjs";
import { BINARY, CLOSE, CONTINUATION, PING, PONG, RawSocket, TEXT, frame } from "./support/upgrade.mjs";
import { closeSocket, wsLink } from "./support/ws-link.mjs";
import { useWorld } from "./support/world.mjs";

const world = useWorld(wsLink);
const MIB = 1 << 20;
const together = { ...TIME_LIMIT, concurrency: 16 };

const PING_CALL = request("last", "/ping");
const PONG_TEXT = answer("last", "pong");
const EVENTS = { "content-type": "text/event-stream" };

let watcher;
const watch = () => (watcher ??= world.client());

/** Runs `body` with a socket used by hand, and closes it. */
async function withPeer(body, options) {
  const peer = await openPeer(world.origin, options);
  try {
    return await body(peer);
  } finally {
    await closeSocket(peer.socket);
  }
}

/** The same with a socket that is no more than bytes. */
async function withRaw(body, options) {
  const raw = await RawSocket.open(world.origin, options);
  try {
    return await body(raw);
  } finally {
    raw.close();
  }
}

/** Sends messages and checks that exactly these are the answers, and that the socket continues. */
async function assertAnswered(peer, messages, expected) {
  for (const message of messages) peer.send(message);
  assert.deepEqual(await peer.take(expected.length), expected);
  peer.send(PING_CALL);
  assert.deepEqual(await peer.before(PONG_TEXT), []);
}

const RATE_LIMITED = { defined: true, code: "RATE_LIMITED", status: 429, message: "Slow down" };
const NO_MATCH = (id) => `{"i":${JSON.stringify(id)},"p":{"s":404,"b":"No procedure matched"}}`;
const bytesOf = (message) => Buffer.from(JSON.stringify(message));

describe("messages", together, () => {
  const exchanges = [
    ["the smallest request", ['{"i":"1","p":{"u":"/ping"}}'], [answer("1", "pong")]],
    ["a request with an empty body", [request("1", "/ping")], [answer("1", "pong")]],
    ["a request that says its type", ['{"i":"1","t":1,"p":{"u":"/ping"}}'], [answer("1", "pong")]],
    ["members in any order", ['{"p":{"b":{},"u":"/ping"},"i":"1"}'], [answer("1", "pong")]],
    ["unknown members", ['{"i":"1","v":2,"p":{"u":"/ping","x":[]},"y":{}}'], [answer("1", "pong")]],
    ["white space", [' {\n "i" : "1" ,\t"p" : { "u" : "/ping" } } '], [answer("1", "pong")]],
    ["headers and a method", ['{"i":"1","p":{"u":"/ping","h":{},"m":"POST"}}'], [answer("1", "pong")]],
    ["a nested procedure", [request("1", "/nested/deep/ping")], [answer("1", "pong")]],
    ["an input", [request("1", "/echo", VALID.echo)], [answer("1", VALID.echo)]],
    ["no result", [request("1", "/chat/send", { message: "hi" })], ['{"i":"1","p":{"b":{}}}']],
    ["the URL of the link", [request("1", "http://orpc/ping")], [answer("1", "pong")]],
    ["another URL", [request("1", "https://elsewhere.example/ping?x=1")], [answer("1", "pong")]],
    ["a query", [request("1", "/ping?x=1")], [answer("1", "pong")]],
    [
      "GET with its input in the query",
      [{ i: "1", p: { u: `/ping?data=${encodeURIComponent('{"json":1}')}`, m: "GET" } }],
      [answer("1", "pong")],
    ],
    [
      "GET of a procedure that HTTP would refuse",
      [{ i: "1", p: { u: `/echo?data=${encodeURIComponent(JSON.stringify({ json: VALID.echo }))}`, m: "GET" } }],
      [answer("1", VALID.echo)],
    ],
    ["an unknown procedure", [request("1", "/nope")], [NO_MATCH("1")]],
    ["a router", [request("1", "/nested/deep")], [NO_MATCH("1")]],
    ["the prefix of HTTP", [request("1", "/rpc/ping")], [NO_MATCH("1")]],
    ["the prefix of the socket", [request("1", "/ws/ping")], [NO_MATCH("1")]],
    ["the root", [request("1", "/")], [NO_MATCH("1")]],
    [
      "a declared error",
      [request("1", "/errors/typed", { retryAfter: 30 })],
      [failure("1", { ...RATE_LIMITED, data: { retryAfter: 30 } })],
    ],
    [
      "an unknown code",
      [request("1", "/errors/common", { code: "TEAPOT", message: "Short" })],
      [failure("1", { code: "TEAPOT", status: 500, message: "Short" })],
    ],
    ...["/errors/secret", "/errors/panic"].map((path) => [
      `the hidden cause of ${path}`,
      [request("1", path)],
      [failure("1", { code: "INTERNAL_SERVER_ERROR", status: 500, message: "Internal server error" })],
    ]),
    [
      "meta that does not fit",
      ['{"i":"1","p":{"u":"/echo","b":{"json":1,"meta":[[0,"a"]]}}}'],
      [failure("1", { code: "BAD_REQUEST", status: 400, message: MALFORMED })],
    ],
    [
      "a stream",
      [request("1", "/count", { to: 2 })],
      [
        streamHead("1"),
        streamEvent("1", "message", { n: 0 }),
        streamEvent("1", "message", { n: 1 }),
        streamEvent("1", "done"),
      ],
    ],
    ["an empty stream", [request("1", "/count", { to: 0 })], [streamHead("1"), streamEvent("1", "done")]],
    [
      "a stream that fails",
      [request("1", "/stream/fail", { after: 1 })],
      [
        streamHead("1"),
        streamEvent("1", "message", { n: 0 }),
        streamEvent("1", "error", { ...RATE_LIMITED, data: { retryAfter: 7 } }),
      ],
    ],
    [
      "a stream of numbers as input",
      [
        { i: "1", p: { u: "/stream/sum", h: EVENTS } },
        streamEvent("1", "message", 1),
        streamEvent("1", "message", 2.5),
        streamEvent("1", "done"),
      ],
      [answer("1", 3.5)],
    ],
    [
      "an input stream that ends at once, without data, and is followed by more",
      [
        { i: "1", p: { u: "/stream/sum", h: EVENTS } },
        '{"i":"1","t":3,"p":{"e":"done"}}',
        streamEvent("1", "message", 1),
      ],
      [answer("1", 0)],
    ],
  ];
  for (const [title, messages, expected] of exchanges) {
    it(`are those of the protocol: ${title}`, () => withPeer((peer) => assertAnswered(peer, messages, expected)));
  }

  for (const [code, status, message] of COMMON_ERRORS) {
    it(`${code} goes out with status ${status}`, () =>
      withPeer((peer) =>
        assertAnswered(peer, [request("1", "/errors/common", { code })], [failure("1", { code, status, message })]),
      ));
  }

  it("are these, spelled out", () =>
    withPeer((peer) =>
      assertAnswered(
        peer,
        ['{"i":"1","p":{"u":"/stream/fail","b":{"json":{"after":1}}}}'],
        [
          '{"i":"1","p":{"h":{"content-type":"text/event-stream"}}}',
          '{"i":"1","t":3,"p":{"e":"message","d":{"json":{"n":0}}}}',
          '{"i":"1","t":3,"p":{"e":"error","d":{"json":{"defined":true,"code":"RATE_LIMITED","status":429,' +
            '"message":"Slow down","data":{"retryAfter":7}}}}}',
        ],
      ),
    ));

  for (const [title, headers, first] of [
    ["from the start", undefined, 0],
    ["after the last event id of the request", { "last-event-id": "41" }, 42],
  ]) {
    it(`have the id of each tick, ${title}`, () =>
      withPeer(async (peer) => {
        peer.send(request("1", "/stream/ticks", { everyMs: 1 }, headers));
        const ids = [0, 1, 2].map((index) => first + index);
        const ticks = ids.map((n) => streamEvent("1", "message", { n }, { id: `${n}` }));
        assert.deepEqual(await peer.take(4), [streamHead("1"), ...ticks]);
      }));
  }

  it("of an input that is invalid list its issues", () =>
    withPeer(async (peer) => {
      peer.send(request("1", "/echo", { room: "", tags: [1] }));
      const received = await peer.next();
      const { data } = JSON.parse(received).p.b.json;
      assert.equal(
        received,
        failure("1", { code: "BAD_REQUEST", status: 400, message: "Input validation failed", data }),
      );
      assertIssues(data, [["room"], ["text"], ["tags", 0]]);
    }));

  it("of a stream procedure whose input is invalid are a plain failure, not a stream", () =>
    withPeer(async (peer) => {
      peer.send(request("1", "/count", { to: -1 }));
      assert.equal(JSON.parse(await peer.next()).p.s, 400);
    }));

  it("of account.headers give its value", () =>
    withPeer(async (peer) => {
      peer.send(request("1", "/account/headers"));
      assert.deepEqual(JSON.parse(await peer.next()).p.b, { json: "ok" });
    }));

  it("keep text as JSON.stringify writes it", () =>
    withPeer(async (peer) => {
      const input = { room: "r", text: '\u0000\u001f"\\/\u007f\u2028\u2029é日😀\ufeff', tags: ["\u0080"] };
      await assertAnswered(peer, [request("1", "/echo", input)], [answer("1", input)]);
    }));
});

describe("ids", together, () => {
  for (const id of ["", "a b", "é😀", "x".repeat(1000), "__proto__", 'quote " and \\']) {
    it(`come back as they came: ${JSON.stringify(id).slice(0, 30)}`, () =>
      withPeer((peer) => assertAnswered(peer, [request(id, "/ping")], [answer(id, "pong")])));
  }

  for (const id of [7, 0, -1]) {
    it(`come back as they came: the number ${id}`, () =>
      withPeer(async (peer) => {
        await assertAnswered(peer, [request(id, "/ping")], [answer(id, "pong")]);
        await assertAnswered(peer, [request(id, "/nope")], [NO_MATCH(id)]);
        const stream = [streamHead(id), streamEvent(id, "message", { n: 0 }), streamEvent(id, "done")];
        await assertAnswered(peer, [request(id, "/count", { to: 1 })], stream);
        await assertAnswered(peer, [request(id, "/slow/wait", { ms: 60_000 }), abort(id)], []);
      }));
  }

  it("may be used again when their call has ended", () =>
    withPeer(async (peer) => {
      for (let turn = 0; turn < 3; turn++) {
        await assertAnswered(peer, [request("1", "/ping")], [answer("1", "pong")]);
        await assertAnswered(peer, [request("1", "/count", { to: 0 })], [streamHead("1"), streamEvent("1", "done")]);
        await assertAnswered(peer, [request("1", "/nope")], [NO_MATCH("1")]);
      }
    }));

  it("of an open call are not taken by a second request", () =>
    withPeer(async (peer) => {
      const messages = [request("1", "/slow/wait", { ms: 200 }), request("1", "/ping"), request("1", "/nope")];
      await assertAnswered(peer, messages, [answer("1", "done")]);
    }));

  it("of an open stream are not taken by a second request", () =>
    withPeer(async (peer) => {
      peer.send(request("1", "/subscribe"));
      assert.equal(await peer.next(), streamHead("1"));
      await assertAnswered(peer, [request("1", "/ping"), request("1", "/count", { to: 2 })], []);
    }));

  for (const [title, open, head] of [
    ["call", request("1", "/slow/wait", { ms: 60_000 }), []],
    ["stream", request("1", "/subscribe"), [streamHead("1")]],
    ["input stream", { i: "1", p: { u: "/stream/sum", h: EVENTS } }, []],
  ]) {
    it(`are free as soon as their ${title} is aborted, and no answer comes of it`, () =>
      withPeer(async (peer) => {
        await assertAnswered(peer, [open], head);
        await assertAnswered(peer, [abort("1"), request("1", "/ping")], [answer("1", "pong")]);
      }));
  }

  for (const [title, message] of [
    ["an abort", abort("9")],
    ["an abort with a payload", { ...abort("9"), p: null }],
    ["an event", streamEvent("9", "message", 1)],
    ["an end", streamEvent("9", "done")],
    ["an error", streamEvent("9", "error", 1)],
  ]) {
    it(`that nobody opened: ${title} is ignored, and opens nothing`, () =>
      withPeer(async (peer) => {
        await assertAnswered(peer, [message], []);
        await assertAnswered(peer, [request("9", "/ping"), message], [answer("9", "pong")]);
      }));
  }

  it("of calls without an input stream ignore events", () =>
    withPeer(async (peer) => {
      const messages = [
        request("1", "/slow/wait", { ms: 100 }),
        streamEvent("1", "message", 1),
        streamEvent("1", "done"),
      ];
      await assertAnswered(peer, messages, [answer("1", "done")]);
    }));

  it("are those of one socket: two sockets use the same at once", () =>
    withPeer((first) =>
      withPeer(async (second) => {
        first.send(request("1", "/slow/wait", { ms: 200 }));
        await assertAnswered(second, [request("1", "/ping"), abort("1")], [answer("1", "pong")]);
        assert.equal(await first.next(), answer("1", "done"));
      }),
    ));
});

describe("frames", together, () => {
  it("of bytes are read as those of text, and answered by text", () =>
    withPeer(async (peer) => {
      const input = { room: "日本語", text: "😀", tags: [] };
      const messages = [bytesOf(request("1", "/echo", input)), bytesOf(request("2", "/nope"))];
      await assertAnswered(peer, messages.slice(0, 1), [answer("1", input)]);
      await assertAnswered(peer, messages.slice(1), [NO_MATCH("2")]);
    }));

  it("of bytes may be those of an abort and of events", () =>
    withPeer(async (peer) => {
      const events = [streamEvent("1", "message", 4), streamEvent("1", "done")].map((text) => Buffer.from(text));
      await assertAnswered(
        peer,
        [bytesOf({ i: "1", p: { u: "/stream/sum", h: EVENTS } }), ...events],
        [answer("1", 4)],
      );
      await assertAnswered(peer, [bytesOf(request("2", "/slow/wait", { ms: 60_000 })), bytesOf(abort("2"))], []);
    }));

  it("of bytes with a file after the message are a request whose file is not an input", () =>
    withPeer((peer) => {
      const headers = { "content-type": "text/plain", "content-disposition": 'inline; filename="a.txt"' };
      const message = bytesOf({ i: "1", p: { u: "/ping", h: headers } });
      return assertAnswered(peer, [Buffer.concat([message, Buffer.from([0xff, 1, 0xff, 2])])], [answer("1", "pong")]);
    }));

  it("may be many in one piece of the connection", () =>
    withRaw(async (raw) => {
      const ids = Array.from({ length: 100 }, (_, index) => `${index}`);
      await raw.write(Buffer.concat(ids.map((id) => frame(TEXT, JSON.stringify(request(id, "/ping"))))));
      const seen = new Set();
      while (seen.size < ids.length) seen.add(await raw.nextText());
      assert.deepEqual(seen, new Set(ids.map((id) => answer(id, "pong"))));
    }));

  for (const count of [255, 256, 257, 300, 1000]) {
    it(`are all read, though ${count} come before the last one in one piece`, () =>
      withRaw(async (raw) => {
        const pongs = Array(count).fill(frame(PONG, ""));
        await raw.write(Buffer.concat([...pongs, frame(TEXT, JSON.stringify(PING_CALL))]));
        assert.equal(await raw.nextText(), PONG_TEXT);
      }));
  }

  it("may come byte by byte", () =>
    withRaw(async (raw) => {
      for (const byte of frame(TEXT, JSON.stringify(PING_CALL))) await raw.write(Buffer.from([byte]));
      assert.equal(await raw.nextText(), PONG_TEXT);
    }));

  it("may be parts of one message, with a ping between them", () =>
    withRaw(async (raw) => {
      const input = { room: "r", text: "😀", tags: [] };
      const bytes = bytesOf(request("1", "/echo", input));
      const at = bytes.indexOf(Buffer.from("😀")) + 1; // within a code point
      await raw.write(frame(TEXT, bytes.subarray(0, at), { end: false }));
      await raw.write(frame(PING, "are you there"));
      assert.deepEqual(await raw.next(), { opcode: PONG, payload: Buffer.from("are you there") });
      await raw.write(frame(CONTINUATION, "", { end: false }));
      await raw.write(frame(CONTINUATION, bytes.subarray(at)));
      assert.equal(await raw.nextText(), answer("1", input));
    }));

  it("of a ping of any length are answered, and an unsolicited pong is ignored", () =>
    withRaw(async (raw) => {
      await raw.write(frame(PONG, "unasked"));
      for (const payload of ["", "x", "x".repeat(125)]) {
        await raw.write(frame(PING, payload));
        assert.deepEqual(await raw.next(), { opcode: PONG, payload: Buffer.from(payload) });
      }
      await raw.write(frame(TEXT, JSON.stringify(PING_CALL)));
      assert.equal(await raw.nextText(), PONG_TEXT);
    }));

  for (const [code, reason] of [
    [1000, ""],
    [1000, "bye"],
    [1001, ""],
    [3000, "of an application"],
    [4999, "😀"],
  ]) {
    it(`that close a socket with ${code} ${JSON.stringify(reason)} are answered by the same code`, () =>
      withPeer(async (peer) => {
        peer.socket.close(code, reason);
        assert.equal(await peer.closeCode(), code);
      }));
  }

  it("that close a socket without a code are answered, and the server ends the connection", () =>
    withRaw(async (raw) => {
      await raw.write(frame(CLOSE, ""));
      const { opcode, payload } = await raw.next();
      assert.equal(opcode, CLOSE);
      assert.ok(payload.length === 0 || payload.readUInt16BE() === 1000, payload.toString("hex"));
      assert.equal(await raw.next(), undefined);
    }));
});

describe("headers", together, () => {
  for (const name of ["Zoë", "Łukasz 🎉", "日本"]) {
    it(`reach the procedure as the text that they are: ${name}`, async () => {
      const client = world.client({ headers: { authorization: `Bearer ${name}` } });
      assert.deepEqual(await client.account.whoAmI(), { name });
    });
  }

  for (const [name, value] of [
    ["last-event-id", "4\r\n1"],
    ["last-event-id", "41\0"],
    ["authorization", "Bearer alice\n"],
    ["x", 5],
    ["x y", "1"],
  ]) {
    it(`that cannot be read fail their call and are named: ${name} ${JSON.stringify(value)}`, () =>
      withPeer(async (peer) => {
        peer.send(request("1", "/stream/ticks", { everyMs: 1 }, { [name]: value }));
        const { s, b } = JSON.parse(await peer.next()).p;
        assert.deepEqual([s, b.json.code], [400, "BAD_REQUEST"]);
        assert.ok(b.json.message.includes(name), b.json.message);
        await assertAnswered(peer, [request("1", "/ping")], [answer("1", "pong")]);
      }));
  }
});

describe("an unknown message", together, () => {
  const CLEAN_CODES = [1002, 1003, 1007, 1008];

  /**
   * Sends frames that mean nothing. The server ignores them, or closes this socket with a code that says why;
   * it never hangs, and no other socket takes notice. Returns what else the server said.
   */
  async function assertHarmless(test, frames) {
    const bystander = await openPeer(world.origin);
    bystander.send(request("1", "/subscribe"));
    assert.equal(await bystander.next(), streamHead("1"));

    const peer = await openPeer(world.origin);
    for (const message of frames) peer.send(message);
    if (peer.socket.readyState === peer.socket.OPEN) peer.send(PING_CALL);
    const said = await peer.before(PONG_TEXT);
    const closed = peer.socket.readyState === peer.socket.CLOSED;
    test.diagnostic(closed ? `closed with ${await peer.closeCode()}` : `ignored, ${said.length} answers`);
    if (closed) assert.ok(CLEAN_CODES.includes(await peer.closeCode()), `closed with ${await peer.closeCode()}`);

    bystander.send(PING_CALL);
    assert.deepEqual(await bystander.before(PONG_TEXT), []);
    await closeSocket(peer.socket);
    await closeSocket(bystander.socket);
    return said;
  }

  const meaningless = [
    ["an empty text", ""],
    ["white space", " \n"],
    ["a word", "ping"],
    ["JSON that is cut", '{"i":'],
    ["JSON that is followed by more", '{"i":"1","p":{"u":"/ping"}}x'],
    ["two messages", '{"i":"1","p":{"u":"/ping"}}{"i":"2","p":{"u":"/ping"}}'],
    ["single quotes", "{'i':'1','p':{'u':'/ping'}}"],
    ["null", "null"],
    ["true", "true"],
    ["a number", "5"],
    ["a JSON text", '"ping"'],
    ["an empty array", "[]"],
    ["an array of messages", '[{"i":"1","p":{"u":"/ping"}}]'],
    ["an empty object", "{}"],
    ["a request without a payload", '{"i":"1"}'],
    ["a request whose payload is null", '{"i":"1","p":null}'],
    ["a request whose payload is text", '{"i":"1","p":"/ping"}'],
    ["a request without a URL", '{"i":"1","p":{}}'],
    ["a request whose URL is a number", '{"i":"1","p":{"u":5}}'],
    ["a request whose URL is null", '{"i":"1","p":{"u":null}}'],
    ["a request whose URL is none", '{"i":"1","p":{"u":"ping"}}'],
    ["a request whose URL is empty", '{"i":"1","p":{"u":""}}'],
    ["an event without a payload", '{"i":"1","t":3}'],
    ["100000 open brackets", "[".repeat(100_000)],
    ["100000 open objects", '{"i":'.repeat(100_000)],
    ["a frame of no bytes", Buffer.alloc(0)],
    ["the delimiter alone", Buffer.from([0xff])],
    ["bytes before the delimiter that are no JSON", Buffer.from([0x7b, 0xff, 0x7d])],
    ["a file without a message", Buffer.from([0xff, 0xff, 1, 2, 3])],
    ["bytes that are no UTF-8", Buffer.from([0xc3, 0x28, 0xa0, 0xa1])],
  ];
  for (const [title, message] of meaningless) {
    it(`does no harm, nor is it answered: ${title}`, async (test) => {
      assert.deepEqual(await assertHarmless(test, [message]), []);
    });
  }

  const deep = "[".repeat(10_000) + "]".repeat(10_000);
  const doubtful = [
    ["an unknown type", '{"i":"1","t":9,"p":{"u":"/ping"}}'],
    ["a type that is text", '{"i":"1","t":"4","p":{"u":"/ping"}}'],
    ["the type of a response", '{"i":"1","t":2,"p":{"s":200,"b":{}}}'],
    ["a request without an id", '{"p":{"u":"/ping"}}'],
    ["an id that is null", '{"i":null,"p":{"u":"/ping"}}'],
    ["an id that is an object", '{"i":{},"p":{"u":"/ping"}}'],
    ["an id that is a fraction", '{"i":1.5,"p":{"u":"/ping"}}'],
    ["an id that no number can hold", '{"i":123456789012345678901234567890,"p":{"u":"/ping"}}'],
    ["an abort without an id", '{"t":4}'],
    ["an event without an id", '{"t":3,"p":{"e":"message","d":{"json":1}}}'],
    ["a URL with half a percent-encoding", '{"i":"1","p":{"u":"/%aé"}}'],
    ["a URL whose percent-encoding is no UTF-8", '{"i":"1","p":{"u":"/%ff"}}'],
    ["a query with half a percent-encoding", '{"i":"1","p":{"u":"/ping?data=%aé","m":"GET"}}'],
    ["a URL of 100000 slashes", `{"i":"1","p":{"u":"${"/".repeat(100_000)}"}}`],
    ["a URL with a bad host", '{"i":"1","p":{"u":"http://[::/ping"}}'],
    ["headers that are a number", '{"i":"1","p":{"u":"/ping","h":5}}'],
    [
      "headers with values of every kind",
      '{"i":"1","p":{"u":"/ping","h":{"a":1,"b":null,"c":[1],"d":{},"é\\n":"\\n"}}}',
    ],
    ["a method that is a number", '{"i":"1","p":{"u":"/ping","m":5}}'],
    ["an unknown method", '{"i":"1","p":{"u":"/ping","m":"é\\n"}}'],
    ["a body that is a number", '{"i":"1","p":{"u":"/echo","b":5}}'],
    ["a body that is null", '{"i":"1","p":{"u":"/echo","b":null}}'],
    ["a body of 10000 arrays", `{"i":"1","p":{"u":"/echo","b":${deep}}}`],
    ["an input of 10000 arrays", `{"i":"1","p":{"u":"/echo","b":{"json":${deep}}}}`],
    ["an unknown member of 10000 arrays", `{"i":"1","p":{"u":"/ping"},"more":${deep}}`],
    ["half a surrogate pair", '{"i":"\\ud800","p":{"u":"/ping"}}'],
    ["a member twice", '{"i":"1","i":"2","p":{"u":"/ping"},"p":{"u":"/nope"}}'],
    [
      "a form without its boundary",
      Buffer.concat([
        bytesOf({ i: "1", p: { u: "/echo", h: { "content-type": "multipart/form-data" } } }),
        Buffer.from([0xff]),
      ]),
    ],
    [
      "a form that is cut",
      Buffer.concat([
        bytesOf({ i: "1", p: { u: "/echo", h: { "content-type": "multipart/form-data; boundary=B" } } }),
        Buffer.from("\xff--B\r\nContent-Disposition: form-da", "latin1"),
      ]),
    ],
  ];
  for (const [title, message] of doubtful) {
    it(`does no harm, answered or not: ${title}`, async (test) => {
      const said = await assertHarmless(test, [message]);
      assert.ok(said.length <= 1, `${said.length} answers`);
    });
  }

  for (const [title, event] of [
    ["without data", '{"i":"1","t":3,"p":{"e":"message"}}'],
    ["without a name", '{"i":"1","t":3,"p":{"d":{"json":1}}}'],
    ["of an unknown name", '{"i":"1","t":3,"p":{"e":"close","d":{"json":1}}}'],
    ["whose data is no envelope", '{"i":"1","t":3,"p":{"e":"message","d":5}}'],
    ["whose meta does not fit", '{"i":"1","t":3,"p":{"e":"message","d":{"json":1,"meta":[[0,"a"]]}}}'],
    ["of an error without data", '{"i":"1","t":3,"p":{"e":"error"}}'],
    ["of an error that is none", '{"i":"1","t":3,"p":{"e":"error","d":{"json":5}}}'],
  ]) {
    it(`does no harm, answered or not: an event of an input stream ${title}`, async (test) => {
      await assertHarmless(test, [{ i: "1", p: { u: "/stream/sum", h: EVENTS } }, event]);
    });
  }

  it("does no harm in a flood", async (test) => {
    const small = meaningless.map(([, message]) => message).filter(({ length }) => length < 100);
    assert.deepEqual(await assertHarmless(test, Array.from({ length: 100 }, () => small).flat()), []);
  });
});

describe("frames against the rules of WebSocket", together, () => {
  /** Writes bytes, and checks that the server closes this connection with one of `codes`, and no other. */
  async function assertClosed(pieces, codes) {
    const bystander = await openPeer(world.origin);
    const raw = await RawSocket.open(world.origin);
    for (const piece of pieces) await raw.write(piece);
    assert.ok(codes.includes(await raw.closeCode()), `closed with one of ${codes}`);
    raw.close();
    bystander.send(PING_CALL);
    assert.deepEqual(await bystander.before(PONG_TEXT), []);
    await closeSocket(bystander.socket);
  }

  const text = JSON.stringify(PING_CALL);
  const noText = Buffer.from([...Buffer.from('{"i":"'), 0xc3, 0x28, ...Buffer.from('","p":{"u":"/ping"}}')]);
  for (const [title, pieces] of [
    ["in a text", [frame(TEXT, noText)]],
    ["in the middle of a text of parts", [frame(TEXT, "{", { end: false }), frame(CONTINUATION, noText)]],
    ["because a text ends within a code point", [frame(TEXT, Buffer.from([0x22, 0xf0, 0x9f]))]],
    ["because it is half a surrogate pair", [frame(TEXT, Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))]],
    ["because it is longer than it has to be", [frame(TEXT, Buffer.from([0x22, 0xc0, 0xaf, 0x22]))]],
  ]) {
    it(`invalid UTF-8 closes with 1007: ${title}`, () => assertClosed(pieces, [1007]));
  }

  // A server may also end the connection without a close frame: the peer is broken, and may not
  // understand one.
  for (const [title, pieces] of [
    ["a frame that is not masked", [frame(TEXT, text, { masked: false })]],
    ["an unknown opcode", [frame(3, text)]],
    ["an unknown control opcode", [frame(11, "")]],
    ["a reserved bit", [frame(TEXT, text, { reserved: 0x40 })]],
    ["a continuation of nothing", [frame(CONTINUATION, text)]],
    ["a message within another", [frame(TEXT, "{", { end: false }), frame(TEXT, text)]],
    ["a ping in parts", [frame(PING, "", { end: false })]],
    ["a ping that is too long", [frame(PING, "x".repeat(126))]],
    ["a close frame of one byte", [frame(CLOSE, "x")]],
    ["a close frame with a code of nobody", [frame(CLOSE, Buffer.from([0x03, 0xed]))]],
    ["a length beyond all bounds", [frame(BINARY, "", { length: 2n ** 63n })]],
  ]) {
    it(`${title} ends the connection`, () => assertClosed(pieces, [1002, 1007, 1009, undefined]));
  }
});

describe("the size of a message", TIME_LIMIT, () => {
  /** A call of ping whose message is exactly this many bytes long. */
  function sized(bytes) {
    const message = JSON.stringify(request("1", "/ping", ""));
    return message.replace('""', `"${"x".repeat(bytes - message.length)}"`);
  }

  /** Sends a message in frames of at most `size` bytes. */
  function sendInParts(socket, bytes, size) {
    for (let at = 0; at < bytes.length; at += size) {
      socket.send(bytes.subarray(at, at + size), { binary: false, fin: at + size >= bytes.length });
    }
  }

  const TOO_LARGE = failure("1", { code: "PAYLOAD_TOO_LARGE", status: 413, message: "Payload Too Large" });
  /** As much as is thrown away for the sake of the other calls. */
  const MOST = 16 * MIB;

  const WAYS = [
    ["as text", (peer, message) => peer.send(message)],
    ["as bytes", (peer, message) => peer.send(Buffer.from(message))],
    ["in parts", (peer, message) => sendInParts(peer.socket, Buffer.from(message), 1 << 16)],
  ];
  for (const [how, send] of WAYS) {
    for (const size of [125, 126, 65_535, 65_536, MIB - 1, MIB]) {
      it(`may be ${size} bytes ${how}`, () =>
        withPeer(async (peer) => {
          send(peer, sized(size));
          assert.equal(await peer.next(), answer("1", "pong"));
        }));
    }

    for (const size of [MIB + 1, 2 * MIB, MOST]) {
      it(`may not be ${size} bytes ${how}: its call fails, and the others on its socket continue`, () =>
        withPeer(async (peer) => {
          peer.send(request("slow", "/slow/wait", { ms: 60_000 }));
          peer.send(request("stream", "/subscribe"));
          assert.equal(await peer.next(), streamHead("stream"));
          send(peer, sized(size));
          assert.equal(await peer.next(), TOO_LARGE);
          await assertAnswered(peer, [request("1", "/ping")], [answer("1", "pong")]);
          await assertAnswered(peer, [abort("slow"), abort("stream")], []);
        }));
    }

    for (const [title, message] of [
      [`a call of ${MOST + 1} bytes`, () => sized(MOST + 1)],
      ["a text that is no call", () => "x".repeat(MIB + 1)],
      ["a call whose id comes too late", () => sized(MIB + 1).replace('{"i":"1","p":', '{"p":').replace(/}$/, ',"i":"1"}')],
    ]) {
      it(`may not be larger ${how}: ${title} closes the socket with 1009, and no other`, () =>
        withPeer(async (bystander) => {
          await withPeer(async (peer) => {
            send(peer, message());
            assert.equal(await peer.closeCode(), 1009);
          });
          await assertAnswered(bystander, [request("1", "/ping")], [answer("1", "pong")]);
        }));
    }
  }

  it("fails an upload of 2 MB alone, as the official client sees it", async () => {
    const client = world.client();
    const slow = client.slow.wait({ ms: 500 });
    const file = new File([new Uint8Array(2_000_000)], "large.bin");
    const [error] = await safe(client.files.describe({ title: "t", file, more: [] }));
    assert.ok(error instanceof ORPCError);
    assert.deepEqual([error.code, error.status], ["PAYLOAD_TOO_LARGE", 413]);
    assert.equal(await slow, "done");
  });

  it("is refused as soon as it is declared", () =>
    withRaw(async (raw) => {
      await raw.write(frame(TEXT, "", { length: 2 ** 40 }));
      assert.equal(await raw.closeCode(), 1009);
    }));

  it("is counted over all parts of a message that never ends", () =>
    withRaw(async (raw) => {
      await raw.write(frame(TEXT, "", { end: false }));
      const part = frame(CONTINUATION, Buffer.alloc(1 << 16, "x"), { end: false });
      for (let sent = 0; sent < MIB; sent += 1 << 16) await raw.write(part);
      await raw.write(frame(CONTINUATION, "x", { end: false }));
      assert.equal(await raw.closeCode(), 1009);
    }));

  it("is limited for one message, not for all of a socket", () =>
    withPeer(async (peer) => {
      for (let turn = 0; turn < 8; turn++) {
        peer.send(sized(MIB));
        assert.equal(await peer.next(), answer("1", "pong"));
      }
    }));

  it("ends the calls and streams of a socket that is closed for it", async () => {
    const peer = await openPeer(world.origin);
    for (const id of ["a", "b"]) peer.send(request(id, "/stream/ticks", { everyMs: 10_000 }));
    for (const id of ["c", "d"]) peer.send(request(id, "/slow/wait", { ms: 60_000 }));
    await eventually("two streams", () => watch().stream.live(), 2);
    await eventually("two calls", () => watch().slow.live(), 2);
    peer.send("x".repeat(MIB + 1));
    assert.equal(await peer.closeCode(), 1009);
    await eventually("no stream", () => watch().stream.live(), 0);
    await eventually("no call", () => watch().slow.live(), 0);
  });

  it("of an answer may be nearly as large, many at once, for a reader that reads", async () => {
    const client = world.client();
    const inputs = Array.from({ length: 20 }, (_, index) => ({
      room: `${index}`,
      text: "t",
      tags: ["😀".repeat(120_000), "\\\n".repeat(50_000)],
    }));
    const outputs = await soon("the answers", Promise.all(inputs.map((input) => client.echo(input))));
    assert.deepEqual(outputs, inputs);
  });
});
