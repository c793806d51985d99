import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isDefinedError } from "@orpc/client";
import { assertInputRefused, assertORPCError, errorOf } from "../support/errors.mjs";
import { drainToError, numbered, take } from "../support/streams.mjs";
import { VALID, procedure, withMember } from "./inputs.mjs";

const EMOJI = "😀"; // one code point, two UTF-16 units, four bytes
const FAMILY = "👩‍👩‍👧"; // five code points that show as one
const COMBINED = "e\u0301"; // two code points that show as one

/** Text of exactly this many code points, made of `unit` as far as it goes. */
function textOf(length, unit) {
  const size = [...unit].length;
  return unit.repeat(Math.floor(length / size)) + "x".repeat(length % size);
}

const UNITS = [
  ["letters", "x"],
  ["emoji", EMOJI],
  ["joined emoji", FAMILY],
  ["combining marks", COMBINED],
];

const one = (path, title, value) => ({ title, path, value });
const missing = (path) => one(path, "left out", undefined);

/** Values of every kind. A field has to refuse those that are not of its own. */
const KINDS = [
  ["text", "text", "5"],
  ["number", "a number", 5],
  ["boolean", "true", true],
  ["null", "null", null],
  ["array", "an array", []],
  ["object", "an object", {}],
  ["bigint", "a bigint", 5n],
  ["date", "a date", new Date(0)],
];
const otherKinds = (path, own) =>
  KINDS.filter(([kind]) => !own.includes(kind)).map(([, title, value]) => one(path, title, value));

/** The limits of a text: accepted at both, refused one beyond, in code points. */
function text(path, min, max, { optional = false, nullable = false } = {}) {
  const of = (length) =>
    UNITS.map(([name, unit]) => one(path, `${length} code points of ${name}`, textOf(length, unit)));
  const accepted = [...of(min), ...of(max)];
  const own = nullable ? ["text", "null"] : ["text"];
  const refused = [...of(max + 1), ...(min > 0 ? of(min - 1) : []), ...otherKinds(path, own)];
  if (nullable) accepted.push(one(path, "null", null));
  (optional ? accepted : refused).push(missing(path));
  return { accepted: distinct(accepted), refused: distinct(refused) };
}

/** The limits of an integer: accepted at both, refused one beyond and between two integers. */
function integer(path, min, max = Infinity) {
  const number = (value) => one(path, `${value}`, value);
  const bounded = max !== Infinity;
  return {
    accepted: [min, bounded ? max : Number.MAX_SAFE_INTEGER].map(number),
    refused: [
      ...[min - 1, min + 1.5, ...(bounded ? [max + 1] : []), NaN, Infinity, -Infinity].map(number),
      ...otherKinds(path, ["number"]),
      missing(path),
    ],
  };
}

/** Values that a struct or a list refuses: all of another type. */
function container(path, own) {
  const refused = otherKinds(path, own === "object" ? ["object", "date"] : [own]);
  if (path.length > 0) refused.push(missing(path));
  return { accepted: [], refused };
}

/** Each value once: a text of no code points is the same in every unit. */
function distinct(cases) {
  const seen = new Set();
  return cases.filter(({ value }) => !seen.has(value) && seen.add(value));
}

const SKU = ["items", 1, "sku"];
const QTY = ["items", 1, "qty"];
const PRICE = ["items", 1, "price"];
const NOTE = ["items", 0, "note"];
const ITEM = VALID.order.items[1];

/** By procedure: what its fields accept and refuse. A refused value is reported at the path of its field. */
const FIELDS = {
  echo: [
    container([], "object"),
    text(["room"], 1, 64),
    text(["text"], 1, 2000),
    container(["tags"], "array"),
    {
      accepted: [
        one(["tags"], "no tags", []),
        one(["tags"], "8 tags", Array(8).fill("tag")),
        one(["tags"], "an empty tag", [""]),
        one(["tags"], "a tag of any length", ["x".repeat(5000)]),
      ],
      refused: [
        one(["tags"], "9 tags", Array(9).fill("tag")),
        one(["tags"], "a set of tags", new Set(["tag"])),
        ...otherKinds(["tags", 1], ["text"]),
      ],
    },
  ],
  order: [
    container([], "object"),
    container(["customer"], "object"),
    container(["customer", "address"], "object"),
    integer(["customer", "id"], 0),
    text(["customer", "name"], 1, 100),
    text(["customer", "email"], 3, 200),
    text(["customer", "address", "street"], 1, 200),
    text(["customer", "address", "city"], 1, 100),
    text(["customer", "address", "zip"], 1, 16),
    text(["customer", "address", "country"], 2, 2),
    container(["items"], "array"),
    {
      accepted: [one(["items"], "1 item", [ITEM]), one(["items"], "100 items", Array(100).fill(ITEM))],
      refused: [
        one(["items"], "no items", []),
        one(["items"], "101 items", Array(101).fill(ITEM)),
        ...otherKinds(["items", 1], ["object", "date"]),
      ],
    },
    {
      accepted: [one(SKU, "ABC-0000", "ABC-0000"), one(SKU, "ZZZ-9999", "ZZZ-9999")],
      refused: [
        ...[
          ["empty text", ""],
          ["lower-case letters", "abc-1234"],
          ["two letters", "AB-1234"],
          ["four letters", "ABCD-1234"],
          ["three digits", "ABC-123"],
          ["five digits", "ABC-12345"],
          ["no hyphen", "ABC1234"],
          ["a letter that is not ASCII", "ÄBC-1234"],
          ["Arabic-Indic digits", "ABC-١٢٣٤"],
          ["Devanagari digits", "ABC-१२३४"],
          ["full-width digits", "ABC-１２３４"],
          ["a space before", " ABC-1234"],
          ["a line break after", "ABC-1234\n"],
          ["a line before", "x\nABC-1234"],
        ].map(([title, value]) => one(SKU, title, value)),
        ...otherKinds(SKU, ["text"]),
        missing(SKU),
      ],
    },
    integer(QTY, 1, 999),
    {
      accepted: [0, 0.01, 5e-324, 1e21].map((value) => one(PRICE, `${value}`, value)),
      refused: [
        ...[-0.01, -1, -5e-324, NaN, Infinity, -Infinity].map((value) => one(PRICE, `${value}`, value)),
        ...otherKinds(PRICE, ["number"]),
        missing(PRICE),
      ],
    },
    text(NOTE, 0, 200, { optional: true, nullable: true }),
  ],
  count: [container([], "object"), integer(["to"], 0, 1_000_000)],
  publish: [container([], "object"), text(["at"], 1, 32), text(["room"], 1, 64), text(["text"], 1, 2000)],
  "errors.common": [
    container([], "object"),
    { accepted: [], refused: [...otherKinds(["code"], ["text"]), missing(["code"])] },
    { accepted: [missing(["message"])], refused: otherKinds(["message"], ["text"]) },
  ],
  "errors.typed": [container([], "object"), integer(["retryAfter"], 0, 3600)],
  "stream.fail": [container([], "object"), integer(["after"], 0, 1000)],
  "stream.ticks": [container([], "object"), integer(["everyMs"], 1, 10_000)],
  // That the longest wait is accepted shows only while it runs: see the lifetimes of calls.
  "slow.wait": [container([], "object"), { ...integer(["ms"], 0, 60_000), accepted: [one(["ms"], "0", 0)] }],
  "chat.send": [container([], "object"), text(["message"], 1, 2000)],
  "publisher.publish": [
    container([], "object"),
    text(["channel"], 1, 64),
    {
      accepted: KINDS.slice(0, 6).map(([, title, value]) => one(["payload"], title, value)),
      refused: [missing(["payload"])],
    },
  ],
  "publisher.subscribe": [container([], "object"), text(["channel"], 1, 64)],
};

const sumOf = (items) => items.reduce((sum, { qty, price }) => sum + qty * price, 0);

/** By procedure: checks that an input was accepted, by what the call gives. */
const ACCEPTED = {
  echo: async (call, input) => assert.deepEqual(await call, input),
  order: async (call, { items }) => assert.deepEqual(await call, { total: sumOf(items), items: items.length }),
  count: async (call, { to }) => {
    const iterator = await call;
    const first = Math.min(to, 10);
    assert.deepEqual(await take(iterator, first), numbered(first));
    await iterator.return();
  },
  publish: async (call) => assert.equal(await call, true),
  "errors.common": async (call, { code, message }) =>
    assertORPCError(await errorOf(call), { code, status: 409, message: message ?? "Conflict" }),
  "errors.typed": async (call, data) =>
    assertORPCError(await errorOf(call), {
      defined: true,
      code: "RATE_LIMITED",
      status: 429,
      message: "Slow down",
      data,
    }),
  "stream.fail": async (call, { after }) => {
    const { values, error } = await drainToError(await call);
    assert.deepEqual(values, numbered(after));
    assert.ok(isDefinedError(error));
  },
  "stream.ticks": async (call, { everyMs }) => {
    const iterator = await call;
    if (everyMs === 1) assert.deepEqual(await take(iterator, 2), numbered(2));
    await iterator.return();
  },
  "slow.wait": async (call) => assert.equal(await call, "done"),
  "chat.send": async (call) => assert.equal(await call, undefined),
  "publisher.publish": async (call) => assert.match(await call, /^[0-9a-f]{32}\.[1-9][0-9]*$/),
  "publisher.subscribe": async (call) => void (await (await call).return()),
};

/** Inputs that have more than one fault, or one that does not belong to one field. */
const COMPOUND = [
  { name: "echo", title: "an empty object", input: {}, paths: [["room"], ["text"], ["tags"]] },
  {
    name: "echo",
    title: "a fault in every field",
    input: { room: "", text: "x".repeat(2001), tags: Array(9).fill("t") },
    paths: [["room"], ["text"], ["tags"]],
  },
  {
    name: "echo",
    title: "faults in several tags",
    input: { ...VALID.echo, tags: ["ok", 1, "ok", null, { tag: "x" }] },
    paths: [
      ["tags", 1],
      ["tags", 3],
      ["tags", 4],
    ],
  },
  { name: "order", title: "an empty object", input: {}, paths: [["customer"], ["items"]] },
  {
    name: "order",
    title: "empty objects inside",
    input: { customer: { address: {} }, items: [{}, {}] },
    paths: [
      ...["id", "name", "email"].map((key) => ["customer", key]),
      ...["street", "city", "zip", "country"].map((key) => ["customer", "address", key]),
      ...[0, 1].flatMap((index) => ["sku", "qty", "price"].map((key) => ["items", index, key])),
    ],
  },
  {
    name: "order",
    title: "a fault in every field",
    input: {
      customer: {
        id: -1,
        name: "",
        email: "a@",
        address: { street: "", city: "", zip: "x".repeat(17), country: "GBR" },
      },
      items: [{ sku: "abc", qty: 0, price: -1, note: "x".repeat(201) }, ITEM, { ...ITEM, qty: 1000 }],
    },
    paths: [
      ...["id", "name", "email"].map((key) => ["customer", key]),
      ...["street", "city", "zip", "country"].map((key) => ["customer", "address", key]),
      ...["sku", "qty", "price", "note"].map((key) => ["items", 0, key]),
      ["items", 2, "qty"],
    ],
  },
  {
    name: "order",
    title: "a fault in the last of 100 items and in the customer",
    input: {
      customer: { ...VALID.order.customer, id: "7" },
      items: [...Array(99).fill(ITEM), { ...ITEM, price: "0.25" }],
    },
    paths: [
      ["customer", "id"],
      ["items", 99, "price"],
    ],
  },
  {
    name: "order",
    title: "a fault in each of 100 items",
    input: { ...VALID.order, items: Array(100).fill({ ...ITEM, qty: 0 }) },
    paths: Array.from({ length: 100 }, (_, index) => ["items", index, "qty"]),
  },
  { name: "publish", title: "an empty object", input: {}, paths: [["at"], ["room"], ["text"]] },
  {
    name: "errors.common",
    title: "a code and a message of another kind",
    input: { code: 1, message: 2 },
    paths: [["code"], ["message"]],
  },
  ...Object.keys(VALID).map((name) => ({ name, title: "no input", input: undefined, paths: [[]] })),
];

const UNKNOWN = { unknown: 1, nested: { more: [null] }, constructor: "x", then: false };

export function validation(world) {
  for (const [name, fields] of Object.entries(FIELDS)) {
    describe(`validation of ${name}`, { concurrency: 16 }, () => {
      for (const { accepted, refused } of fields) {
        for (const { path, title, value } of accepted) {
          it(`${label(path)} may be ${title}`, () => accepts(world, name, withMember(VALID[name], path, value)));
        }
        for (const { path, title, value } of refused) {
          it(`${label(path)} may not be ${title}`, () =>
            refuses(world, name, withMember(VALID[name], path, value), [path]));
        }
      }
      it("unknown fields are accepted", () => accepts(world, name, { ...UNKNOWN, ...VALID[name] }, VALID[name]));
      for (const compound of COMPOUND.filter((compound) => compound.name === name)) {
        it(`${compound.title} is reported at ${compound.paths.length} path(s)`, () =>
          refuses(world, name, compound.input, compound.paths));
      }
    });
  }

  describe("validation of nested structs", () => {
    it("unknown fields are accepted at every level", () => {
      const { customer, items } = VALID.order;
      const input = {
        ...UNKNOWN,
        customer: { ...UNKNOWN, ...customer, address: { ...UNKNOWN, ...customer.address } },
        items: items.map((item) => ({ ...UNKNOWN, ...item })),
      };
      return accepts(world, "order", input);
    });
  });
}

const label = (path) => (path.length ? path.join(".") : "the input");

async function accepts(world, name, input, known = input) {
  await ACCEPTED[name](procedure(world.client(), name)(input), known);
}

async function refuses(world, name, input, paths) {
  const error = await errorOf(procedure(world.client(), name)(input).then(release));
  assertInputRefused(error, paths);
}

/** Ends a stream that was accepted though it should not be, so that the failed test does not hang on to it. */
async function release(output) {
  await output?.return?.();
  return output;
}
