// Rate limits whose buckets are in Durable Objects, by the official client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createORPCClient, safe } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { DurableObject, until, within } from "./hosts.mjs";

const HOUR = 3_600_000;
const OBJECTS = 16;

let host;
before(async () => (host = await DurableObject.start()));
after(() => host.stop());

/** A client of its own key, and the headers of its answers. */
function connect(user, limit, per) {
  const answers = [];
  const note = async ({ next }) => {
    const answer = await next();
    answers.push(answer.headers);
    return answer;
  };
  const headers = { "x-user": user, "x-limit": String(limit), "x-per": String(per) };
  const link = new RPCLink({ url: `${host.origin}/limited`, headers, clientInterceptors: [note] });
  return { client: createORPCClient(link), answers };
}

const errorOf = async (call) => (await within(safe(call))).error;

/** Removes all objects of limits from memory; returns their number. */
async function evict() {
  const evicting = Array.from({ length: OBJECTS }, (_, n) => host.evict(`buckets-${n}`, "RateLimitsObject"));
  const results = await Promise.allSettled(evicting);
  // Some do not run.
  return results.filter(({ status }) => status === "fulfilled").length;
}

test("a burst passes, and the next call is told when it may", async () => {
  const { client, answers } = connect("burst", 3, HOUR);
  const begin = Date.now();
  for (const remaining of ["2", "1", "0"]) {
    assert.equal(await within(client.ping()), "pong");
    const headers = answers.at(-1);
    assert.deepEqual([headers["ratelimit-limit"], headers["ratelimit-remaining"]], ["3", remaining]);
  }
  const error = await errorOf(client.ping());
  assert.equal(error.code, "TOO_MANY_REQUESTS");
  assert.equal(error.defined, true);
  assert.deepEqual([error.data.limit, error.data.remaining], [3, 0]);
  const wait = error.data.reset - begin;
  assert.ok(wait > HOUR / 3 - 1000 && wait <= HOUR / 3 + 60_000, `${wait} ms`);
  assert.equal(answers.at(-1)["ratelimit-reset"], String(error.data.reset));
  assert.ok(Number(answers.at(-1)["retry-after"]) <= HOUR / 3000);
  assert.equal(await errorOf(connect("another", 3, HOUR).client.ping()), null);
});

test("concurrent calls get no token twice", async () => {
  const { client } = connect("concurrent", 5, HOUR);
  const errors = await Promise.all(Array.from({ length: 40 }, () => errorOf(client.ping())));
  assert.equal(errors.filter((error) => error === null).length, 5);
  assert.ok(errors.every((error) => error === null || error.code === "TOO_MANY_REQUESTS"));
});

test("tokens come back", async () => {
  const { client } = connect("soon", 1, 500);
  assert.equal(await errorOf(client.ping()), null);
  await until(() => errorOf(client.ping()), (error) => error === null);
});

test("evictions and a restart leave an empty bucket empty", async () => {
  const { client } = connect("evicted", 1, HOUR);
  assert.equal(await errorOf(client.ping()), null);
  assert.ok((await evict()) > 0);
  assert.equal((await errorOf(client.ping())).code, "TOO_MANY_REQUESTS");
  host = await host.restart();
  const again = connect("evicted", 1, HOUR);
  assert.equal((await errorOf(again.client.ping())).code, "TOO_MANY_REQUESTS");
  assert.equal(await errorOf(connect("another one", 1, HOUR).client.ping()), null);
});
