import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ORPCError } from "@orpc/client";
import { assertORPCError, errorOf } from "../support/errors.mjs";
import { pause, soon } from "../support/eventually.mjs";

/** Streams that the client sends, which need a socket. */
export function inputStreams(world) {
  describe("a stream as input", { concurrency: 8 }, () => {
    const comes = (what, promise) => soon(what, promise);

    async function* of(...values) {
      yield* values;
    }

    async function* failing(error, ...values) {
      yield* values;
      throw error;
    }

    /** Yields these values and then a number again and again, until it is stopped. */
    function endless(...values) {
      let noteStop;
      const stopped = new Promise((resolve) => (noteStop = resolve));
      async function* generate() {
        try {
          yield* values;
          for (;;) {
            await pause(2);
            yield 1;
          }
        } finally {
          noteStop();
        }
      }
      return { iterator: generate(), stopped };
    }

    const upTo = Array.from({ length: 1000 }, (_, index) => index + 1);
    for (const [title, values, sum] of [
      ["no numbers", [], 0],
      ["one number", [42], 42],
      ["three numbers", [1, 2, 3], 6],
      ["numbers below zero", [-1, -2.5, 0], -3.5],
      ["fractions", [0.1, 0.2], 0.30000000000000004],
      ["large numbers", [2 ** 53, 2 ** 53], 2 ** 54],
      ["1000 numbers", upTo, 500_500],
    ]) {
      it(`stream.sum adds up ${title}`, async () => {
        assert.equal(await world.client().stream.sum(of(...values)), sum);
      });
    }

    it("is read as it arrives, while other calls are answered", async () => {
      const client = world.client();
      async function* answered() {
        for (let index = 1; index <= 20; index++) {
          assert.equal(await client.ping(), "pong");
          yield index;
        }
      }
      assert.equal(await client.stream.sum(answered()), 210);
    });

    it("is that of its call alone: many run side by side on one socket", async () => {
      const client = world.client();
      const sums = await Promise.all(
        Array.from({ length: 50 }, (_, index) => client.stream.sum(of(...upTo.slice(0, index)))),
      );
      assert.deepEqual(
        sums,
        sums.map((_, index) => (index * (index + 1)) / 2),
      );
    });

    for (const [title, error] of [
      ["an error", new Error("secret of the client")],
      ["an error with a code", new ORPCError("CONFLICT", { message: "Own", data: { n: 1 } })],
    ]) {
      for (const values of [[], [1, 2]]) {
        it(`that throws ${title} after ${values.length} values fails the call`, async () => {
          const client = world.client();
          const failure = await comes("the failure", errorOf(client.stream.sum(failing(error, ...values))));
          assert.ok(failure instanceof ORPCError, `${failure}`);
          assert.doesNotMatch(JSON.stringify(failure), /secret/);
          assert.equal(await client.stream.sum(of(1, 2)), 3);
        });
      }
    }

    for (const value of ["text", "1", null, true, [1], { n: 1 }, 1n, new Date(0), undefined]) {
      const title = typeof value === "bigint" ? "1n" : JSON.stringify(value);
      it(`with ${title} among its numbers fails the call, and is stopped`, async () => {
        const client = world.client();
        for (const values of [[value], [1, 2, value, 3]]) {
          const { iterator, stopped } = endless(...values);
          const error = await comes("the failure", errorOf(client.stream.sum(iterator)));
          assert.ok(error instanceof ORPCError, `${error}`);
          assert.ok(error.status >= 400, `${error.status}`);
          await comes("the end of the input", stopped);
        }
        assert.equal(await client.ping(), "pong");
      });
    }

    for (const [title, input] of [
      ["nothing", undefined],
      ["a number", 5],
      ["an array of numbers", [1, 2]],
    ]) {
      it(`cannot be ${title}`, async () => {
        const error = await comes("the failure", errorOf(world.client().stream.sum(input)));
        const { message, data } = error;
        assertORPCError(error, { code: "BAD_REQUEST", status: 400, message, data });
      });
    }

    it("is not an input of a procedure that takes a value, and is stopped", async () => {
      const { iterator, stopped } = endless();
      const error = await comes("the failure", errorOf(world.client().echo(iterator)));
      const { message, data } = error;
      assertORPCError(error, { code: "BAD_REQUEST", status: 400, message, data });
      await comes("the end of the input", stopped);
    });

    it("may still be open when the answer comes, and is stopped by it", async () => {
      const client = world.client();
      const { iterator, stopped } = endless();
      assert.equal(await comes("the answer", client.ping(iterator)), "pong");
      await comes("the end of the input", stopped);
      assert.equal(await client.ping(), "pong");
    });

    it("is stopped when its call is aborted", async () => {
      const client = world.client();
      const stop = new AbortController();
      const { iterator, stopped } = endless(1, 2, 3);
      const error = errorOf(client.stream.sum(iterator, { signal: stop.signal }));
      for (let turn = 0; turn < 10; turn++) assert.equal(await client.ping(), "pong");
      stop.abort();
      assert.equal((await comes("the failure", error)).name, "AbortError");
      await comes("the end of the input", stopped);
      assert.equal(await client.stream.sum(of(4)), 4);
    });

    it("is never read when its call is aborted before", async () => {
      const { iterator } = endless();
      const error = await errorOf(world.client().stream.sum(iterator, { signal: AbortSignal.abort() }));
      assert.equal(error.name, "AbortError");
      await iterator.return();
    });
  });
}
