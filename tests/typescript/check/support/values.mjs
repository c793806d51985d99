import { constraintsOf, fitsNumber, fitsString } from "./constraints.mjs";
import { UNTOLD } from "./shapes.mjs";

const DEEPEST = 6;

/** Texts of each format, of those that a type may name. */
const FORMATS = {
  uuid: ["00000000-0000-0000-0000-000000000000", "67e55044-10b1-426f-9247-bb680e5fe0c8"],
  uri: ["https://a.test/", "mailto:a@b.test", "http://[::1]:80/a?b#c"],
  email: ["a@b.test", "first.last+tag@sub.example.org"],
  ip: ["127.0.0.1", "::1"],
  ipv4: ["0.0.0.0", "255.255.255.255"],
  ipv6: ["::", "fe80::1"],
  date: ["2024-02-29", "1970-01-01"],
  "date-time": ["2024-02-29T12:00:00Z", "1969-12-31T23:59:59.999+02:00"],
  "partial-time": ["00:00:00", "23:59:59.5"],
  "partial-date-time": ["2024-02-29T12:00:00", "1970-01-01T00:00:00.001"],
  duration: ["PT1S", "PT1H30M", "-PT0.5S"],
};

/** Texts of each pattern, of those that a type may name. */
const PATTERNS = {
  [String.raw`^[A-Z]{3}-\d{4}$`]: ["ABC-1234", "XYZ-0000"],
  [String.raw`^\d+$`]: ["0", "0123456789"],
  "^[a-z]*/?$": ["", "a", "abc/", "/"],
  "^[0-9a-f]{1,8}$": ["0", "deadbeef", "00ff"],
  "^[a-z]+$": ["a", "abcdefgh", "slug"],
};

const CHARACTERS = ["a", "Z", "é", "日", "😀", "\u0000", "\n", '"', "\\", "/", "\u2028", "0", " ", "*/"];
const NAMES = ["a", "b", "", "a b", "日", "1", "-1", "constructor", "toString", 'q"', "json", "meta", "x.y"];
// Numbers that are of all the types of numbers that Rust has.
const OF_ALL_NUMBERS = [1, 2, 3, 100, 127];
// A key that is a number may be any in TypeScript.
const NUMBERS = ["0", "1", "7", "127", "300", "-1", "1.5"];

/** Gives random values of shapes. `random` gives numbers from 0 to 1. */
export class Values {
  #random;

  constructor(random) {
    this.#random = random;
  }

  of(shape, depth = 0) {
    switch (shape.kind) {
      case "unknown":
        return this.#anything(depth);
      case "string":
        return this.#string(constraintsOf(shape.tags));
      case "number":
        if (shape.tags === UNTOLD) return this.#pick(OF_ALL_NUMBERS);
        return this.#number(constraintsOf(shape.tags));
      case "bigint":
        if (shape.tags === UNTOLD) return BigInt(this.#pick(OF_ALL_NUMBERS));
        return this.#bigint(constraintsOf(shape.tags));
      case "null":
        return null;
      case "undefined":
        return undefined;
      case "literal":
        return shape.value;
      case "union":
        return this.of(this.#part(shape, depth), depth + 1);
      case "instance":
        return this.#instance(shape.name, constraintsOf(shape.tags));
      case "set":
        return new Set(this.#many(shape, depth, () => this.of(shape.item(), depth + 1)));
      case "map":
        return new Map(
          this.#many(shape, depth, () => [this.of(shape.key(), depth + 1), this.of(shape.value(), depth + 1)]),
        );
      case "array":
        return this.#many(shape, depth, () => this.of(shape.item(), depth + 1));
      case "tuple":
        return this.#tuple(shape, depth);
      case "object":
        return this.#object(shape, depth);
    }
    throw new Error(`no values of ${shape.kind}`);
  }

  #below(limit) {
    return Math.floor(this.#random() * limit);
  }

  #pick(list) {
    return list[this.#below(list.length)];
  }

  #is(share) {
    return this.#random() < share;
  }

  /** One of a union's types; of what is deep already, one that ends soon. */
  #part({ of }, depth) {
    if (of.length === 0) throw new Error("no value is of no type");
    if (depth < DEEPEST) return this.#pick(of);
    const sizes = of.map((part) => size(part, 8));
    return of[sizes.indexOf(Math.min(...sizes))];
  }

  #string(found) {
    const { patterns, formats, lengths } = found;
    for (let trial = 0; trial < 200; trial += 1) {
      const [format] = formats.filter((format) => !/^(u?int|float)/.test(format));
      let text;
      if (format !== undefined) text = this.#pick(known(FORMATS, format));
      else if (patterns.length > 0) text = this.#pick(known(PATTERNS, patterns[0]));
      else {
        const length = lengths[0] + this.#below(Math.min(lengths[1] - lengths[0], 8) + 1);
        text = Array.from({ length }, () => this.#pick(CHARACTERS)).join("");
      }
      if (fitsString(text, found)) return text;
    }
    throw new Error(`no text of ${JSON.stringify(found)}`);
  }

  #number(found) {
    const [step] = found.multiplesOf;
    const least = Math.max(Number(found.minimum), Number(found.above ?? -Infinity), -Number.MAX_SAFE_INTEGER);
    const most = Math.min(Number(found.maximum), Number(found.below ?? Infinity), Number.MAX_SAFE_INTEGER);
    const ends = [found.minimum, found.maximum].filter(Number.isFinite).map(Number);
    const some =
      step === undefined
        ? [0, -0, 0.5, -1.5, 1e21, 5e-324, Number.MAX_VALUE, 3.4e38, 2 ** 53]
        : [0, 1, -1, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER];
    for (let trial = 0; trial < 1000; trial += 1) {
      let number = this.#pick([...ends, ...some, least + this.#random() * (most - least), this.#below(200) - 100]);
      if (step !== undefined) number = Math.round(number / step) * step;
      if (fitsNumber(number, found)) return number;
    }
    throw new Error("no number");
  }

  #bigint(found) {
    const ends = [found.minimum, found.maximum].filter((end) => Math.abs(Number(end)) !== Infinity).map(BigInt);
    const some = [0n, 1n, -1n, 2n ** 53n, 2n ** 64n, -(2n ** 63n), 10n ** 40n];
    for (let trial = 0; trial < 1000; trial += 1) {
      const bigint = this.#is(0.6) ? this.#pick([...ends, ...some]) : BigInt(this.#below(2000) - 1000);
      if (fitsNumber(bigint, found)) return bigint;
    }
    throw new Error("no bigint");
  }

  #instance(name, found) {
    switch (name) {
      case "Date": {
        const [least, most] = [Math.max(found.dates[0], -8.64e15), Math.min(found.dates[1], 8.64e15)];
        const usual = [0, -1, 951_782_400_000, 253_402_300_799_999].filter((time) => time >= least && time <= most);
        return new Date(this.#pick([...usual, least, Math.floor(least + this.#random() * (most - least)), most]));
      }
      case "URL":
        return new URL(this.#pick(FORMATS.uri));
      case "RegExp":
        return new RegExp(this.#pick(["a", "/", "^(?<n>x)$", "\n"]), this.#pick(["", "g", "iu"]));
      case "File":
        return new File([this.#pick(["", "text", "日本"])], this.#pick(["a.txt", "é.bin", "a b"]), {
          type: this.#pick(["text/plain", "image/png"]),
        });
    }
    throw new Error(`no values of ${name}`);
  }

  #many(shape, depth, make) {
    const { items, unique } = constraintsOf(shape.tags);
    const most = depth >= DEEPEST ? items[0] : Math.min(items[1], items[0] + 3);
    const length = items[0] + this.#below(most - items[0] + 1);
    const isSet = unique || shape.kind === "set";
    const values = [];
    for (let trial = 0; values.length < length && trial < 100; trial += 1) {
      const value = make();
      if (isSet && values.some((other) => Object.is(other, value))) continue;
      values.push(value);
    }
    return values;
  }

  #tuple({ items, required, rest }, depth) {
    const length = required + this.#below(items.length - required + 1);
    const values = items.slice(0, length).map((item) => this.of(item(), depth + 1));
    return rest && length === items.length
      ? [...values, ...Array.from({ length: this.#below(3) }, () => this.of(rest(), depth + 1))]
      : values;
  }

  #object({ members, indexes, tags }, depth) {
    const value = {};
    const put = (name, member) =>
      Object.defineProperty(value, name, { value: member, enumerable: true, configurable: true, writable: true });
    const shares = depth >= DEEPEST ? 0 : 0.6;
    for (const [name, { optional, shape }] of members) {
      if (!optional || this.#is(shares)) put(name, this.of(shape(), depth + 1));
    }
    const { properties } = constraintsOf(tags);
    const [least, most] = [properties[0], Math.min(properties[1], properties[0] + 3)];
    const index = indexes.find(({ value }) => !isNever(value()));
    const length = index ? (depth >= DEEPEST ? least : least + this.#below(most - least + 1)) : 0;
    for (let trial = 0; trial < length * 10 && Object.keys(value).length < members.size + length; trial += 1) {
      const name = this.#pick(index.key === "number" ? NUMBERS : NAMES);
      if (!Object.hasOwn(value, name) && !members.has(name)) put(name, this.of(index.value(), depth + 1));
    }
    return value;
  }

  #anything(depth) {
    const leaves = [null, true, false, 0, -1.5, "", "text", "日"];
    if (depth >= DEEPEST || this.#is(0.5)) return this.#pick(leaves);
    const of = () => this.#anything(depth + 2);
    return this.#is(0.5)
      ? Array.from({ length: this.#below(4) }, of)
      : Object.fromEntries(Array.from({ length: this.#below(4) }, () => [this.#pick(NAMES), of()]));
  }
}

function known(table, name) {
  if (!table[name]) throw new Error(`no texts are known of ${name}`);
  return table[name];
}

const isNever = ({ kind, of }) => kind === "union" && of.length === 0;

/** Depth of the smallest value of a shape. */
function size(shape, left) {
  if (left === 0) return 1000;
  const most = (shapes) => 1 + Math.max(0, ...shapes.map((shape) => size(shape, left - 1)));
  switch (shape.kind) {
    case "union":
      return Math.min(1000, ...shape.of.map((part) => size(part, left - 1)));
    case "tuple":
      return most(shape.items.map((item) => item()));
    case "object":
      return most([...shape.members.values()].filter(({ optional }) => !optional).map(({ shape }) => shape()));
    case "array":
    case "set":
    case "map":
      return 1;
  }
  return 0;
}
