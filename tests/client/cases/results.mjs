import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { drain, numbered, take } from "../support/streams.mjs";
import { assertORPCError, errorOf } from "../support/errors.mjs";
import { VALID, WITHOUT_INPUT, procedure } from "./inputs.mjs";

const ECHOED = [
  VALID.echo,
  { room: "r", text: "t", tags: [] },
  { room: 'quotes " and \\', text: "line\nbreak\r\n\ttab \u0000 \u001f \u007f \u2028", tags: ["", "", ""] },
  { room: "日本語 عربى", text: "👩‍👩‍👧 e\u0301 \u{10ffff} \ufeff", tags: ["event: done", "data: {}", ": "] },
  { room: "__proto__", text: "constructor", tags: ["toString"] },
];

const item = (qty, price) => ({ sku: "ABC-1234", qty, price });
const TOTALS = [
  { items: VALID.order.items, total: 3.75 },
  { items: [item(1, 0)], total: 0 },
  { items: [item(3, 0.1)], total: 0.30000000000000004 },
  { items: [item(999, 1e15), item(1, 0.5)], total: 999e15 },
  { items: Array(100).fill(item(999, 99.5)), total: 9_940_050 },
];

export function results(world) {
  describe("results", { concurrency: 16 }, () => {
    for (const [name, result] of Object.entries(WITHOUT_INPUT)) {
      it(`${name} gives ${JSON.stringify(result)}`, async () => {
        assert.equal(await procedure(world.client(), name)(), result);
      });
      it(`${name} ignores an input`, async () => {
        assert.equal(await procedure(world.client(), name)({ un: "expected" }), result);
      });
    }

    for (const input of ECHOED) {
      it(`echo returns ${JSON.stringify(input.room)}`, async () => {
        assert.deepEqual(await world.client().echo(input), input);
      });
    }

    for (const { items, total } of TOTALS) {
      it(`order of ${items.length} items adds up to ${total}`, async () => {
        assert.deepEqual(await world.client().order({ ...VALID.order, items }), { total, items: items.length });
      });
    }

    for (const to of [0, 1, 2, 1000]) {
      it(`count to ${to} streams ${to} values and returns nothing`, async () => {
        assert.deepEqual(await drain(await world.client().count({ to })), {
          values: numbered(to),
          returned: undefined,
        });
      });
    }

    it("publish gives true", async () => {
      assert.equal(await world.client().publish(VALID.publish), true);
    });

    it("chat.send gives nothing", async () => {
      assert.equal(await world.client().chat.send({ message: "to nobody" }), undefined);
    });

    it("slow.wait gives done after the time asked for, not before", async () => {
      const client = world.client();
      const start = performance.now();
      assert.equal(await client.slow.wait({ ms: 120 }), "done");
      assert.ok(performance.now() - start >= 115);
      assert.equal(await client.slow.wait({ ms: 0 }), "done");
    });

    it("stream.ticks starts at 0 and continues", async () => {
      const iterator = await world.client().stream.ticks({ everyMs: 1 });
      assert.deepEqual(await take(iterator, 20), numbered(20));
      await iterator.return();
    });

    for (const counter of ["stream.live", "slow.live"]) {
      it(`${counter} returns a count`, async () => {
        const count = await procedure(world.client(), counter)();
        assert.ok(Number.isInteger(count) && count >= 0, `${count}`);
      });
    }

    it("account.whoAmI returns the bearer of each call", async () => {
      const names = ["alice", "bob", "carol-3", "d.e_f~g"];
      const clients = names.map((name) => world.client({ headers: { authorization: `Bearer ${name}` } }));
      const answers = await Promise.all(clients.map((client) => client.account.whoAmI()));
      assert.deepEqual(
        answers,
        names.map((name) => ({ name })),
      );
    });

    it("account.whoAmI takes the headers of the call, which may change between calls of one link", async () => {
      const client = world.client({ headers: ({ context }) => ({ authorization: `Bearer ${context.name}` }) });
      for (const name of ["first", "second"]) {
        assert.deepEqual(await client.account.whoAmI(undefined, { context: { name } }), { name });
      }
    });

    for (const [title, headers] of [
      ["without authorization", {}],
      ["with another scheme", { authorization: "Basic YWxpY2U6cHc=" }],
    ]) {
      it(`account.whoAmI is UNAUTHORIZED ${title}`, async () => {
        const error = await errorOf(world.client({ headers }).account.whoAmI());
        assertORPCError(error, { defined: error.defined, code: "UNAUTHORIZED", status: 401, message: error.message });
      });
    }

    for (const path of [["nope"], ["nested"], ["nested", "deep"], ["Ping"], ["nested.deep.ping"], ["ping", "ping"]]) {
      it(`a call of ${path.join("/")}, which is not a procedure, is NOT_FOUND`, async () => {
        const error = await errorOf(path.reduce((node, key) => node[key], world.client())());
        assertORPCError(error, { code: "NOT_FOUND", status: 404, message: "Not Found", data: error.data });
      });
    }
  });
}
