// Wire format of calls over HTTP: methods, paths, bodies, envelopes, errors. The tests avoid the official client
// where it would hide the bytes.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VALID, WITHOUT_INPUT } from "./cases/inputs.mjs";
import { COMMON_ERRORS, assertORPCError, errorOf } from "./support/errors.mjs";
import { TIME_LIMIT } from "./support/eventually.mjs";
import { httpLink } from "./support/http-link.mjs";
import {
  assertCommonErrorBody,
  assertErrorBody,
  assertInputRefusedBody,
  assertMalformed,
  assertValue,
  send,
  sendBytes,
  sendJson,
} from "./support/http.mjs";
import { useWorld } from "./support/world.mjs";

const world = useWorld(httpLink);
const post = (path, options) => send(world.origin, path, options);
const postJson = (path, body, options) => sendJson(world.origin, path, body, options);
const get = (path) => send(world.origin, path, { method: "GET" });
const call = (name, input, options) => postJson(pathOf(name), JSON.stringify({ json: input }), options);

const pathOf = (name) => `/rpc/${name.replaceAll(".", "/")}`;
const ECHO = JSON.stringify({ json: VALID.echo });
const json = { "content-type": "application/json" };
const together = { ...TIME_LIMIT, concurrency: 16 };

describe("GET", together, () => {
  const readable = [
    "",
    "?",
    "?data=",
    "?data=%7B%7D",
    "?data=%7B%22json%22%3Anull%7D",
    "?other=1",
    "?data=%7B%7D&other=%",
  ];
  for (const query of readable) {
    it(`ping answers /rpc/ping${query}`, async () => assertValue(await get(`/rpc/ping${query}`), "pong"));
  }

  it("the official client calls ping by GET", async () => {
    assert.equal(await world.client({ method: "GET" }).ping(), "pong");
  });

  it("the last data parameter counts", async () => {
    assertValue(await get("/rpc/ping?data=%7B&data=%7B%7D"), "pong");
    assertMalformed(await get("/rpc/ping?data=%7B%7D&data=%7B"));
  });

  it("a plus in data is a space", async () => {
    assertValue(await get("/rpc/ping?data=+%7B+%22json%22+:+1+%7D+"), "pong");
  });

  const noJson = ["%7B", "null", "%22", "nope", "%7B%22json%22:1%7Dx", "%7B%22json%22:1,%22meta%22:5%7D"];
  const noEncoding = ["%", "%zz", "%a", "%FF", "%C3%28", "%00"];
  for (const data of [...noJson, ...noEncoding]) {
    it(`data=${data} is malformed`, async () => assertMalformed(await get(`/rpc/ping?data=${data}`)));
  }

  const withoutInput = ["subscribe", "errors.secret", "errors.panic", "stream.live", "slow.live"];
  const inRouters = ["account.whoAmI", "account.headers", "chat.onMessage", "nested.deep.ping"];
  for (const name of [...Object.keys(VALID), ...withoutInput, ...inRouters]) {
    it(`${name} is not to be called by GET`, async () => {
      assertCommonErrorBody(await get(pathOf(name)), "METHOD_NOT_SUPPORTED");
      const data = encodeURIComponent(JSON.stringify({ json: VALID[name] }));
      assertCommonErrorBody(await get(`${pathOf(name)}?data=${data}`), "METHOD_NOT_SUPPORTED");
    });
  }

  it("the method is looked at after the input is decoded and before it is validated", async () => {
    assertMalformed(await get("/rpc/echo?data=%7B"));
    assertCommonErrorBody(await get("/rpc/echo?data=%7B%22json%22%3A1%7D"), "METHOD_NOT_SUPPORTED");
  });

  it("the official client gets METHOD_NOT_SUPPORTED, but not when it falls back to POST", async () => {
    const client = world.client({ method: "GET" });
    assertORPCError(await errorOf(client.echo(VALID.echo)), {
      code: "METHOD_NOT_SUPPORTED",
      status: 405,
      message: "Method Not Supported",
    });
    const long = { ...VALID.echo, text: "x".repeat(2000), tags: ["x".repeat(500)] };
    assert.deepEqual(await client.echo(long), long);
  });
});

describe("other methods", together, () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    it(`${method} calls a procedure`, async () => {
      assertValue(await postJson("/rpc/echo", ECHO, { method }), VALID.echo);
      assertValue(await post("/rpc/ping", { method }), "pong");
      assert.deepEqual(await world.client({ method }).echo(VALID.echo), VALID.echo);
    });
  }

  const GETS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
  const CALLS = "POST, PUT, PATCH, DELETE, OPTIONS";

  for (const [path, allow] of [
    ["/rpc/ping", GETS],
    ["/rpc/echo", CALLS],
    ["/rpc/account/headers", CALLS],
    ["/rpc/stream/ticks", CALLS],
  ]) {
    it(`OPTIONS of ${path} runs nothing and says which methods there are`, async () => {
      const { status, headers, text } = await postJson(path, ECHO, { method: "OPTIONS" });
      assert.deepEqual([status, headers.allow, headers["set-cookie"], text], [204, allow, undefined, ""]);
    });
  }

  it("HEAD is GET without the body", async () => {
    for (const path of ["/rpc/ping", "/rpc/ping?data=%7B%7D", "/rpc/ping?data=%7B"]) {
      const [got, head] = [await get(path), await post(path, { method: "HEAD" })];
      const { date: _, ...expected } = got.headers;
      const { date: __, ...headers } = head.headers;
      assert.deepEqual([head.status, headers, head.text], [got.status, expected, ""], path);
    }
  });

  for (const path of ["/rpc/echo", "/rpc/account/headers", "/rpc/stream/ticks"]) {
    it(`HEAD of ${path} is refused as GET is`, async () => {
      const { status, headers, text } = await post(path, { method: "HEAD" });
      assert.deepEqual([status, headers.allow, headers["set-cookie"], text], [405, CALLS, undefined, ""]);
    });
  }

  it("data in the query counts for GET alone", async () => {
    assertValue(await postJson("/rpc/echo?data=%7B", ECHO), VALID.echo);
    assertInputRefusedBody(await post(`/rpc/echo?data=${encodeURIComponent(ECHO)}`), [[]]);
  });
});

describe("paths", together, () => {
  for (const path of [
    "/rpc/ping",
    "/rpc/ping/",
    "/rpc/nested/deep/ping",
    "/rpc/nested/deep/ping/",
    "/rpc/ping?tenant=1",
  ]) {
    it(`${path} is a procedure`, async () => assertValue(await post(path), "pong"));
  }

  const unmatched = [
    ["the prefix alone", "/rpc"],
    ["the prefix with a slash", "/rpc/"],
    ["a longer prefix", "/rpcx/ping"],
    ["no prefix", "/ping"],
    ["an unknown name", "/rpc/nope"],
    ["a router", "/rpc/nested"],
    ["a nested router", "/rpc/nested/deep"],
    ["a name below a procedure", "/rpc/ping/ping"],
    ["a dot for a slash", "/rpc/nested.deep.ping"],
    ["two slashes before", "/rpc//ping"],
    ["two slashes within", "/rpc/nested//deep/ping"],
    ["two slashes after", "/rpc/ping//"],
    ["an upper-case letter", "/rpc/Ping"],
    ["a lower-case letter", "/rpc/account/whoami"],
    ["an upper-case prefix", "/RPC/ping"],
    ["a letter that is percent-encoded", "/rpc/%70ing"],
    ["a slash that is percent-encoded", "/rpc/nested%2Fdeep%2Fping"],
    ["a trailing NUL", "/rpc/ping%00"],
    ["a broken percent-encoding", "/rpc/%a"],
    ["a name of the prototype", "/rpc/__proto__"],
    ["another name of the prototype", "/rpc/constructor"],
    ["a semicolon", "/rpc/ping;v=1"],
  ];
  for (const [title, path] of unmatched) {
    it(`${title} (${path}) is a 404 in plain text`, async () => {
      for (const method of ["POST", "GET"]) {
        const { status, headers } = await post(path, { method });
        assert.equal(status, 404);
        assert.match(headers["content-type"] ?? "", /^text\/plain\b/);
      }
    });
  }
});

describe("bodies", together, () => {
  const read = [
    ["application/json", json],
    ["a charset", { "content-type": "application/json; charset=utf-8" }],
    ["a charset without a space", { "content-type": "application/json;charset=UTF-8" }],
    ["no content-type", {}],
    ["an empty content-type", { "content-type": "" }],
  ];
  for (const [title, headers] of read) {
    it(`with ${title} are read as JSON`, async () => {
      assertValue(await post("/rpc/echo", { headers, body: ECHO }), VALID.echo);
    });
  }

  const unread = [
    ["text/plain", { "content-type": "text/plain" }],
    ["text/plain and a charset", { "content-type": "text/plain;charset=UTF-8" }],
    ["application/x-www-form-urlencoded", { "content-type": "application/x-www-form-urlencoded" }],
    ["application/octet-stream", { "content-type": "application/octet-stream" }],
    ["another type", { "content-type": "application/xml" }],
    ["a content-disposition", { ...json, "content-disposition": 'inline; filename="a.json"' }],
  ];
  for (const [title, headers] of unread) {
    it(`with ${title} are no input`, async () => {
      assertInputRefusedBody(await post("/rpc/echo", { headers, body: ECHO }), [[]]);
      assertValue(await post("/rpc/ping", { headers, body: ECHO }), "pong");
    });
  }

  const empty = [
    ["no body and no content-type", {}],
    ["no body", { headers: json }],
    ["an empty body in chunks", { headers: { ...json, "transfer-encoding": "chunked" }, body: "" }],
    ["an empty envelope", { headers: json, body: "{}" }],
    ["an envelope without json", { headers: json, body: '{"meta":[],"other":1}' }],
    ["a JSON text for an envelope", { headers: json, body: '"text"' }],
    ["a number for an envelope", { headers: json, body: "5" }],
    ["a boolean for an envelope", { headers: json, body: "true" }],
    ["an array for an envelope", { headers: json, body: "[1]" }],
  ];
  for (const [title, options] of empty) {
    it(`${title} is not an input`, async () => {
      assertInputRefusedBody(await post("/rpc/echo", options), [[]]);
      assertValue(await post("/rpc/ping", options), "pong");
    });
  }

  it("json null is an input, and not the same as none", async () => {
    assertInputRefusedBody(await postJson("/rpc/echo", '{"json":null}'), [[]]);
  });

  const input = JSON.stringify(VALID.echo);
  const accepted = [
    ["unknown members", `{"first":{"deep":[1]},"json":${input},"maps":[],"version":2}`],
    ["members in another order", `{"meta":[],"json":${input}}`],
    ["meta null", `{"json":${input},"meta":null}`],
    ["an unknown type code", `{"json":${input},"meta":[[99,"text"]]}`],
    ["white space", ` \r\n\t{ "json" : ${JSON.stringify(VALID.echo, null, 2)} } \n`],
    ["escapes", `{"json":{"room":"\\u006cobby","text":"hel\\u006co","tags":["\\u0061","b"]}}`],
    ["an escaped key", `{"json":{"r\\u006fom":"lobby","text":"hello","tags":["a","b"]}}`],
    ["a field named __proto__", `{"json":{"__proto__":{"room":1},"room":"lobby","text":"hello","tags":["a","b"]}}`],
  ];
  for (const [title, body] of accepted) {
    it(`an envelope with ${title} is accepted`, async () => assertValue(await postJson("/rpc/echo", body), VALID.echo));
  }

  it("a pair of escaped surrogates is one code point", async () => {
    const text = "\\ud83d\\ude00".repeat(2000);
    const response = await postJson("/rpc/echo", `{"json":{"room":"r","text":"${text}","tags":[]}}`);
    assertValue(response, { room: "r", text: "😀".repeat(2000), tags: [] });
  });

  const malformed = [
    ["null", "null"],
    ["cut after a colon", '{"json":'],
    ["cut within a text", '{"json":{"room":"lob'],
    ["cut before the last brace", ECHO.slice(0, -1)],
    ["followed by more", `${ECHO}x`],
    ["two envelopes", `${ECHO}${ECHO}`],
    ["a word", "nope"],
    ["white space alone", "  "],
    ["a trailing comma", '{"json":1,}'],
    ["single quotes", "{'json':1}"],
    ["a comment", '{"json":1/**/}'],
    ["NaN", '{"json":NaN}'],
    ["a number with a leading zero", '{"json":01}'],
    ["a raw line break in a text", '{"json":"a\nb"}'],
    ["a bad escape", '{"json":"\\x41"}'],
    ["100000 open brackets", "[".repeat(100_000)],
    ["100000 open objects", '{"json":'.repeat(100_000)],
  ];
  for (const [title, body] of malformed) {
    it(`a body that is ${title} is malformed, with or without an input to read`, async () => {
      assertMalformed(await postJson("/rpc/echo", body));
      assertMalformed(await postJson("/rpc/ping", body));
    });
  }

  const badMeta = [
    ["a number", "5"],
    ["a boolean", "true"],
    ["an object", "{}"],
    ["a path that is not there", '[[0,"nope"]]'],
    ["a path below a text", '[[0,"room","x"]]'],
    ["a path below what is not there", '[[0,"nope","x"]]'],
    ["an index that is not there", '[[0,"tags",2]]'],
    ["a negative index", '[[0,"tags",-1]]'],
    ["a path through the prototype", '[[0,"__proto__","x"]]'],
    ["a path to the constructor", '[[0,"constructor"]]'],
    ["the length of an array", '[[0,"tags","length"]]'],
    ["a bigint that is no number", '[[0,"text"]]'],
    ["a date that is an array", '[[1,"tags"]]'],
    ["NaN that is a text", '[[2,"text"]]'],
    ["undefined that is a text", '[[3,"text"]]'],
    ["a URL that is none", '[[4,"text"]]'],
    ["a regular expression that is none", '[[5,"text"]]'],
    ["a set that is a text", '[[6,"text"]]'],
    ["a map that is a text", '[[7,"text"]]'],
    ["a map of what are no pairs", '[[7,"tags"]]'],
    ["a container before its content", '[[6,"tags"],[1,"tags",0]]'],
  ];
  for (const [title, meta] of badMeta) {
    it(`meta that is ${title} is malformed`, async () => {
      assertMalformed(await postJson("/rpc/echo", `{"json":${input},"meta":${meta}}`));
    });
  }
});

describe("numbers", together, () => {
  const zero = { "0.0": 0, "-0": 0, "-0.0": 0, "0e5": 0 };
  const integers = { ...zero, "1.0": 1, "1E0": 1, "1e2": 100, "1.5e1": 15, "10e-1": 1, "36.00e2": 3600 };
  for (const [text, value] of Object.entries(integers)) {
    it(`${text} is the integer ${value}`, async () => {
      assertErrorBody(await postJson("/rpc/errors/typed", `{"json":{"retryAfter":${text}}}`), {
        defined: true,
        code: "RATE_LIMITED",
        status: 429,
        message: "Slow down",
        data: { retryAfter: value },
      });
    });
  }

  const fractions = ["0.5", "1.5", "1e-1", "3599.9999999", "3600.5"];
  const beyond = ["-1.0", "-1e0", "3.601e3", "1e300", "12345678901234567890"];
  const noNumbers = ['"1"', '"1e2"', "true", "null", "[1]"];
  for (const text of [...fractions, ...beyond, ...noNumbers]) {
    it(`${text} is not an integer from 0 to 3600`, async () => {
      const response = await postJson("/rpc/errors/typed", `{"json":{"retryAfter":${text}}}`);
      const { data } = JSON.parse(response.text).json;
      assertErrorBody(response, { code: "BAD_REQUEST", status: 400, message: "Input validation failed", data });
      assert.ok(data.issues.length > 0);
      for (const { path } of data.issues) assert.deepEqual(path, ["retryAfter"]);
    });
  }

  it("every integer field takes them, and totals are written as JavaScript writes numbers", async () => {
    const customer = JSON.stringify(VALID.order.customer).replace('"id":7', '"id":7.0');
    const item = (price) => `{"sku":"ABC-1234","qty":1e0,"price":${price},"note":null}`;
    const totals = { "-0": 0, "2.50": 2.5, "1E21": 1e21, "0.0000001": 1e-7, 100000000000000000000: 1e20 };
    for (const [price, total] of Object.entries(totals)) {
      const body = `{"json":{"customer":${customer},"items":[${item(price)}]}}`;
      assertValue(await postJson("/rpc/order", body), { total, items: 1 });
    }
  });

  it("a bigint is not a plain number, nor is the text of one", async () => {
    const meta = '"meta":[[0,"retryAfter"]]';
    for (const body of [`{"json":{"retryAfter":"5"},${meta}}`, '{"json":{"retryAfter":"5"}}']) {
      assertInputRefusedBody(await postJson("/rpc/errors/typed", body), [["retryAfter"]]);
    }
  });
});

describe("answers", together, () => {
  for (const [name, value] of Object.entries(WITHOUT_INPUT)) {
    it(`${name} answers an envelope and nothing around it`, async () => assertValue(await call(name), value));
  }

  it("a procedure without a result answers an empty envelope", async () => {
    assertValue(await call("chat.send", { message: "hi" }), undefined);
  });

  it("text is written as JSON.stringify writes it", async () => {
    const text = '\u0000\u0001\b\t\n\u000b\f\r\u001f"\\/\u007f\u0080\u2028\u2029é日😀';
    assertValue(await call("echo", { room: "r", text, tags: [] }), { room: "r", text, tags: [] });
  });

  it("account.headers sets a header and a cookie, and no other procedure does", async () => {
    const { headers } = await call("account.headers");
    assert.equal(headers["x-conformance"], "yes");
    assert.ok(
      headers["set-cookie"]?.some((cookie) => /^seen=1(;|$)/.test(cookie)),
      `${headers["set-cookie"]}`,
    );
    const other = (await call("ping")).headers;
    assert.deepEqual([other["x-conformance"], other["set-cookie"]], [undefined, undefined]);
  });

  it("account.whoAmI reads the bearer of the request", async () => {
    const headers = { Authorization: "Bearer alice" };
    assertValue(await call("account.whoAmI", undefined, { headers }), { name: "alice" });
    const { status, text } = await call("account.whoAmI");
    assert.equal(status, 401);
    const { json: error, ...rest } = JSON.parse(text);
    assert.deepEqual([error.code, error.status, rest], ["UNAUTHORIZED", 401, {}]);
    assert.deepEqual(Object.keys(error).slice(0, 4), ["defined", "code", "status", "message"]);
  });
});

describe("errors", together, () => {
  for (const [code, status, message] of COMMON_ERRORS) {
    it(`${code} goes out with status ${status}`, async () => {
      assertErrorBody(await call("errors.common", { code }), { code, status, message });
    });
  }

  it("an unknown code goes out with status 500", async () => {
    assertErrorBody(await call("errors.common", { code: "TEAPOT" }), {
      code: "TEAPOT",
      status: 500,
      message: "TEAPOT",
    });
  });

  it("a message is sent unchanged", async () => {
    const own = { code: "CONFLICT", message: 'Own "message" \u2028 😀' };
    assertErrorBody(await call("errors.common", own), { ...own, status: 409 });
  });

  it("a declared error goes out with its data last", async () => {
    assertErrorBody(await call("errors.typed", { retryAfter: 30 }), {
      defined: true,
      code: "RATE_LIMITED",
      status: 429,
      message: "Slow down",
      data: { retryAfter: 30 },
    });
  });

  it("a validation error goes out with its issues as data", async () => {
    assertInputRefusedBody(await call("echo", { room: "", tags: [1] }), [["room"], ["text"], ["tags", 0]]);
  });

  it("a stream procedure refuses its input as any other, not in a stream", async () => {
    assertInputRefusedBody(await call("count", { to: -1 }), [["to"]]);
    assertInputRefusedBody(await call("stream.ticks", {}), [["everyMs"]]);
  });

  for (const name of ["errors.secret", "errors.panic"]) {
    it(`${name} goes out without its cause`, async () => {
      const response = await call(name);
      assertErrorBody(response, { code: "INTERNAL_SERVER_ERROR", status: 500, message: "Internal server error" });
      assert.doesNotMatch(JSON.stringify(response), /secret/i);
    });
  }
});

describe("hostile requests leave the server serving", TIME_LIMIT, () => {
  const deep = (depth) => "[".repeat(depth) + "]".repeat(depth);
  const deepObject = (depth) => '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
  const withMore = (field, member) => `{"json":{"room":"r","text":"t","tags":[]${field}}${member}}`;

  for (const [title, body, statuses] of [
    ["an input of 10000 arrays", `{"json":${deep(10_000)}}`, [400]],
    ["an input of 10000 objects", `{"json":${deepObject(10_000)}}`, [400]],
    ["a field of 10000 arrays", `{"json":{"room":${deep(10_000)},"text":"t","tags":[]}}`, [400]],
    ["an unknown field of 10000 arrays", withMore(`,"more":${deep(10_000)}`, ""), [200, 400]],
    ["an unknown member of 10000 arrays", withMore("", `,"more":${deep(10_000)}`), [200, 400]],
    ["meta of 10000 arrays", `{"json":{},"meta":${deep(10_000)}}`, [400]],
    ["100000 arrays", `{"json":${deep(100_000)}}`, [400]],
    ["half a surrogate pair", '{"json":{"room":"\\ud800","text":"t","tags":[]}}', [200, 400]],
    [
      "bytes that are no UTF-8",
      Buffer.from([...Buffer.from('{"json":"'), 0xc3, 0x28, 0xff, ...Buffer.from('"}')]),
      [400],
    ],
    ["a number of 10000 digits", `{"json":{"to":${"9".repeat(10_000)}}}`, [400]],
    ["100000 meta items", `{"json":{"room":"r"},"meta":[${Array(100_000).fill('[1,"x"]')}]}`, [400]],
  ]) {
    it(title, async () => {
      const { status, text } = await postJson("/rpc/echo", body);
      assert.ok(statuses.includes(status), `${status} ${text.slice(0, 300)}`);
      if (status === 400) assert.equal(JSON.parse(text).json.code, "BAD_REQUEST");
      assertValue(await call("ping"), "pong");
    });
  }

  const head = (target) =>
    Buffer.from(`GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`, "latin1");
  const utf8 = (text) => Buffer.from(text, "utf8").toString("latin1");
  for (const [title, target, statuses] of [
    ["half a percent-encoding before a letter of two bytes", `/rpc/ping?data=${utf8("%aé")}`, [400]],
    ["half a percent-encoding before a letter of one byte", "/rpc/ping?data=%a\u00e9", [400]],
    ["a percent sign before a letter of four bytes", `/rpc/ping?data=${utf8("%😀")}`, [400]],
    ["bytes that are no UTF-8", "/rpc/ping?data=\u00ff\u00fe", [400]],
    ["the same in the name of a parameter", `/rpc/ping?${utf8("%aé")}=1`, [200, 400]],
    ["the same in the path", `/rpc/${utf8("%aé")}`, [400, 404]],
  ]) {
    it(`raw bytes in the request line: ${title}`, async () => {
      const { status, text } = await sendBytes(world.origin, head(target));
      assert.ok(statuses.includes(status), text);
      assertValue(await call("ping"), "pong");
    });
  }

  for (const [title, bytes] of [
    ["is no HTTP", Buffer.from([0, 1, 2, 3, 13, 10, 13, 10])],
    ["has two lengths", "POST /rpc/ping HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"],
    ["has a length that is no number", "POST /rpc/ping HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n"],
    [
      "has a chunk without a size",
      "POST /rpc/echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    ],
  ]) {
    it(`a request that ${title} is refused or dropped`, async () => {
      const { status, text } = await sendBytes(world.origin, bytes);
      assert.ok(Number.isNaN(status) || status === 400, text);
      assertValue(await call("ping"), "pong");
    });
  }
});
