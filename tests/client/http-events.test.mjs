// Event streams over HTTP: their bytes, unread streams, and resumption.
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { describe, it } from "node:test";
import { ClientRetryPlugin } from "@orpc/client/plugins";
import { errorOf } from "./support/errors.mjs";
import { COMMENT, DONE, EventText, event, message } from "./support/event-stream.mjs";
import { PROMPT, TIME_LIMIT, eventually, soon } from "./support/eventually.mjs";
import { httpLink } from "./support/http-link.mjs";
import { assertValue, open, send, sendJson } from "./support/http.mjs";
import { drain, numbered, take } from "./support/streams.mjs";
import { useWorld } from "./support/world.mjs";

const world = useWorld(httpLink);

/** Opens a stream and returns its head and its text as it arrives. */
async function openEvents(path, input, headers = {}) {
  const body = JSON.stringify({ json: input });
  const options = { headers: { "content-type": "application/json", ...headers }, body };
  return new EventText(await open(world.origin, path, options));
}

const liveTicks = () => world.client().stream.live();

const FAILED = event("error", {
  defined: true,
  code: "RATE_LIMITED",
  status: 429,
  message: "Slow down",
  data: { retryAfter: 7 },
});

describe("the bytes of an event stream", { ...TIME_LIMIT, concurrency: 8 }, () => {
  for (const [path, input, text] of [
    ["/rpc/count", { to: 0 }, COMMENT + DONE],
    ["/rpc/count", { to: 1 }, COMMENT + message({ n: 0 }) + DONE],
    ["/rpc/count", { to: 3 }, COMMENT + [0, 1, 2].map((n) => message({ n })).join("") + DONE],
    ["/rpc/stream/fail", { after: 0 }, COMMENT + FAILED],
    ["/rpc/stream/fail", { after: 2 }, COMMENT + message({ n: 0 }) + message({ n: 1 }) + FAILED],
  ]) {
    it(`are those of the protocol for ${path} of ${JSON.stringify(input)}`, async () => {
      const events = await openEvents(path, input);
      assert.equal(await events.upTo(), text);
      const { statusCode, headers } = events.response;
      assert.equal(statusCode, 200);
      assert.equal(headers["content-type"], "text/event-stream");
      assert.equal(headers["content-disposition"], undefined);
    });
  }

  it("are these, spelled out", async () => {
    const events = await openEvents("/rpc/stream/fail", { after: 1 });
    assert.equal(
      await events.upTo(),
      ': \n\nevent: message\ndata: {"json":{"n":0}}\n\nevent: error\ndata: {"json":{"defined":true,' +
        '"code":"RATE_LIMITED","status":429,"message":"Slow down","data":{"retryAfter":7}}}\n\n',
    );
    const done = await openEvents("/rpc/count", { to: 0 });
    assert.equal(await done.upTo(), ": \n\nevent: done\ndata: {}\n\n");
  });

  for (const [title, headers, first] of [
    ["from the start", {}, 0],
    ["after the Last-Event-ID of the request", { "last-event-id": "41" }, 42],
  ]) {
    it(`have the id of each tick, ${title}`, async () => {
      const expected =
        COMMENT +
        numbered(4, first)
          .map((tick) => message(tick, tick.n))
          .join("");
      const events = await openEvents("/rpc/stream/ticks", { everyMs: 1 }, headers);
      assert.equal((await events.upTo(expected.length)).slice(0, expected.length), expected);
      events.close();
    });
  }

  it("are the same for a stream of text, whose line breaks are escaped", async () => {
    const text = "data: fake\n\nevent: done\r\ndata: {}\n\n: 😀\u2028";
    const events = await openEvents("/rpc/chat/onMessage");
    await events.upTo(COMMENT.length);
    await world.client().chat.send({ message: text });
    const expected = COMMENT + message(text);
    assert.equal(await events.upTo(expected.length), expected);
    events.close();
  });

  for (const [path, input] of [
    ["/rpc/subscribe"],
    ["/rpc/chat/onMessage"],
    ["/rpc/stream/ticks", { everyMs: 10_000 }],
  ]) {
    it(`begin at once for ${path}, before there is anything to say`, async () => {
      const events = await soon("the head", openEvents(path, input), PROMPT);
      const text = await soon("the comment", events.upTo(COMMENT.length), PROMPT);
      assert.equal(text.slice(0, COMMENT.length), COMMENT);
      events.close();
    });
  }

  it("are a comment every five seconds while there is nothing to say", async () => {
    const start = performance.now();
    const events = await openEvents("/rpc/subscribe");
    const text = await soon("the comments", events.upTo(2 * COMMENT.length));
    assert.equal(text, COMMENT + COMMENT);
    const waited = performance.now() - start;
    assert.ok(waited > 4900, `after ${waited} ms`);
    events.close();
  });

  it("come by POST alone", async () => {
    const { status } = await send(world.origin, "/rpc/count?data=%7B%22json%22%3A%7B%22to%22%3A1%7D%7D", {
      method: "GET",
    });
    assert.equal(status, 405);
  });
});

describe("a reader that stops reading", TIME_LIMIT, () => {
  const TO = 1_000_000;

  /** Reads a stream of `count` to its end and returns how many values came, each after the one before. */
  async function countedTo(response) {
    let rest = "";
    let next = 0;
    let end = "";
    for await (const chunk of response.setEncoding("utf8")) {
      const events = (rest + chunk).split("\n\n");
      rest = events.pop();
      for (const text of events) {
        if (text === `event: message\ndata: {"json":{"n":${next}}}`) next++;
        else if (text !== ": ") end += `${text}\n\n`;
      }
    }
    assert.equal(rest, "");
    assert.equal(end, DONE);
    return next;
  }

  it("gets every value when it reads again, and delays no other meanwhile", async () => {
    const { response } = await openEvents("/rpc/count", { to: TO });
    for (let turn = 0; turn < 50; turn++) assert.equal(await world.client().ping(), "pong");
    assert.equal(await countedTo(response), TO);
  });

  it("may go away without having read", async () => {
    const streams = await Promise.all(Array.from({ length: 4 }, () => openEvents("/rpc/count", { to: TO })));
    assert.equal(await world.client().ping(), "pong");
    for (const events of streams) events.close();
    assert.equal(await world.client().ping(), "pong");
    assert.equal(await countedTo((await openEvents("/rpc/count", { to: 1000 })).response), 1000);
  });

  it("may return from the stream in the middle, and the same client continues", async () => {
    const client = world.client();
    const iterator = await client.count({ to: TO });
    assert.deepEqual(await take(iterator, 10), numbered(10));
    await iterator.return();
    assert.deepEqual(await drain(await client.count({ to: 10 })), { values: numbered(10), returned: undefined });
  });

  it("leaves no stream alive when its socket is destroyed", async () => {
    const streams = await Promise.all(Array.from({ length: 5 }, () => openEvents("/rpc/stream/ticks", { everyMs: 1 })));
    await eventually("five streams", liveTicks, 5);
    for (const events of streams) events.close();
    await eventually("no stream", liveTicks, 0);
  });
});

describe("a stream that is resumed", TIME_LIMIT, () => {
  const retrying = () => world.clientOverLine({ plugins: [new ClientRetryPlugin()] });
  const context = { retry: Infinity, retryDelay: 1 };

  it("continues by itself when its connection is lost, without a gap or a repetition", async () => {
    const { client, line } = await retrying();
    const iterator = await client.stream.ticks({ everyMs: 1 }, { context });
    const seen = [];
    for (let turn = 0; turn < 5; turn++) {
      seen.push(...(await take(iterator, 20)));
      assert.ok(line.cut() > 0);
    }
    seen.push(...(await take(iterator, 20)));
    assert.deepEqual(seen, numbered(120));
    await iterator.return();
    await eventually("no stream", liveTicks, 0);
  });

  it("continues after the last event id of its caller", async () => {
    const { client, line } = await retrying();
    const iterator = await client.stream.ticks({ everyMs: 1 }, { context, lastEventId: "99" });
    const before = await take(iterator, 5);
    line.cut();
    assert.deepEqual([...before, ...(await take(iterator, 200))], numbered(205, 100));
    await iterator.return();
    await eventually("no stream", liveTicks, 0);
  });

  it("is refused behind an id that no event can have", async () => {
    const { client } = await world.clientOverLine();
    for (const lastEventId of ["x", "-1", "1.5", "4503599627370496", "9007199254740991", "18446744073709551615", "18446744073709551616"]) {
      const error = await soon("the error", errorOf(client.stream.ticks({ everyMs: 1 }, { lastEventId })));
      assert.equal(error.code, "BAD_REQUEST", lastEventId);
    }
    assert.equal(await liveTicks(), 0);
  });

  it("fails when its connection is lost and no plugin resumes it", async () => {
    const { client, line } = await world.clientOverLine();
    const iterator = await client.stream.ticks({ everyMs: 1 });
    await take(iterator, 5);
    line.cut();
    assert.ok((await soon("the failure", errorOf(take(iterator, Infinity)))) instanceof Error);
    await eventually("no stream", liveTicks, 0);
  });

  it("is not resumed after a declared error when the caller says so", async () => {
    const { client } = await retrying();
    const attempts = [];
    const shouldRetry = ({ error }) => attempts.push(error.code) && false;
    const iterator = await client.stream.fail({ after: 2 }, { context: { ...context, shouldRetry } });
    assert.equal((await errorOf(drain(iterator))).code, "RATE_LIMITED");
    assert.deepEqual(attempts, ["RATE_LIMITED"]);
  });
});

describe("one connection", TIME_LIMIT, () => {
  it("serves calls, errors, streams and unmatched paths one after the other", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const post = (path, input) => sendJson(world.origin, path, JSON.stringify({ json: input }), { agent });
    for (let turn = 0; turn < 3; turn++) {
      assertValue(await post("/rpc/ping"), "pong");
      assert.equal((await post("/rpc/echo", {})).status, 400);
      assert.equal((await post("/rpc/count", { to: 2 })).text, COMMENT + message({ n: 0 }) + message({ n: 1 }) + DONE);
      assert.equal((await post("/rpc/nope")).status, 404);
      assert.equal((await post("/rpc/errors/panic")).status, 500);
    }
    agent.destroy();
  });
});
