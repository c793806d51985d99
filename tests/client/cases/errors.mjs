import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createSafeClient, isDefinedError, safe } from "@orpc/client";
import { COMMON_ERRORS, assertORPCError, errorOf } from "../support/errors.mjs";
import { numbered, take } from "../support/streams.mjs";
import { procedure } from "./inputs.mjs";

const UNKNOWN_CODES = ["TEAPOT", "RATE_LIMITED", "not_found", "Weird code / with ü"];
const HIDDEN = { code: "INTERNAL_SERVER_ERROR", status: 500, message: "Internal server error" };

export function errors(world) {
  describe("errors", { concurrency: 16 }, () => {
    for (const [code, status, message] of COMMON_ERRORS) {
      it(`${code} has status ${status} and the message "${message}"`, async () => {
        assertORPCError(await errorOf(world.client().errors.common({ code })), { code, status, message });
      });
      it(`${code} keeps a message of its own`, async () => {
        const own = { code, message: "Own message: ü 😀" };
        assertORPCError(await errorOf(world.client().errors.common(own)), { ...own, status });
      });
    }

    it("an empty message is replaced by the default", async () => {
      const error = await errorOf(world.client().errors.common({ code: "CONFLICT", message: "" }));
      assertORPCError(error, { code: "CONFLICT", status: 409, message: "Conflict" });
    });

    for (const code of UNKNOWN_CODES) {
      it(`the unknown code ${code} has status 500 and itself as the message`, async () => {
        assertORPCError(await errorOf(world.client().errors.common({ code })), { code, status: 500, message: code });
      });
    }

    it("an unknown code keeps a message of its own", async () => {
      const error = await errorOf(world.client().errors.common({ code: "TEAPOT", message: "Short and stout" }));
      assertORPCError(error, { code: "TEAPOT", status: 500, message: "Short and stout" });
    });

    for (const retryAfter of [0, 30, 3600]) {
      it(`a declared error reaches safe() as defined, with its data (${retryAfter})`, async () => {
        const [error, data, isDefined, isSuccess] = await safe(world.client().errors.typed({ retryAfter }));
        assert.deepEqual({ data, isDefined, isSuccess }, { data: undefined, isDefined: true, isSuccess: false });
        assert.ok(isDefinedError(error));
        assertORPCError(error, {
          defined: true,
          code: "RATE_LIMITED",
          status: 429,
          message: "Slow down",
          data: { retryAfter },
        });
      });
    }

    it("safe() tells an undeclared error from a declared one", async () => {
      const { error, isDefined, isSuccess } = await safe(world.client().errors.common({ code: "CONFLICT" }));
      assert.deepEqual({ isDefined, isSuccess }, { isDefined: false, isSuccess: false });
      assert.ok(!isDefinedError(error));
    });

    it("an input that is invalid is not a defined error, though the procedure declares some", async () => {
      const { error, isDefined } = await safe(world.client().errors.typed({ retryAfter: -1 }));
      assert.equal(isDefined, false);
      assert.equal(error.code, "BAD_REQUEST");
    });

    it("a safe client gives both outcomes, nested or not", async () => {
      const client = createSafeClient(world.client());
      assert.deepEqual([...(await client.ping())], [null, "pong", false, true]);
      assert.deepEqual([...(await client.nested.deep.ping())], [null, "pong", false, true]);
      const { error, isDefined } = await client.errors.typed({ retryAfter: 5 });
      assert.deepEqual([isDefined, error.data], [true, { retryAfter: 5 }]);
    });

    for (const name of ["errors.secret", "errors.panic"]) {
      it(`${name} shows nothing of its cause, again and again`, async () => {
        const client = world.client();
        for (let turn = 0; turn < 3; turn++) {
          const error = await errorOf(procedure(client, name)());
          assertORPCError(error, HIDDEN);
          assert.ok(!isDefinedError(error));
          assert.equal(await client.ping(), "pong");
        }
      });

      it(`${name} fails for its caller alone`, async () => {
        const client = world.client();
        const stream = await client.count({ to: 1000 });
        const first = await take(stream, 1);
        const calls = Array.from({ length: 40 }, (_, index) =>
          index % 2 ? client.ping() : errorOf(procedure(client, name)()),
        );
        const outcomes = await Promise.all(calls);
        assert.deepEqual([...first, ...(await take(stream, 999))], numbered(1000));
        outcomes.forEach((outcome, index) =>
          index % 2 ? assert.equal(outcome, "pong") : assertORPCError(outcome, HIDDEN),
        );
      });
    }
  });
}
