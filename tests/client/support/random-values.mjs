/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A generator of values of every type that the protocol carries, nested as deep as five levels. */
export function randomValues(random) {
  const below = (limit) => Math.floor(random() * limit);
  const pick = (list) => list[below(list.length)];
  const many = (most, make) => Array.from({ length: below(most + 1) }, make);

  const POINTS = ["a", "é", "日", "😀", "\u0000", "\n", '"', "\\", "/", "\u2028", "\ufeff", "0", "1", " ", "."];
  const text = () => many(6, () => pick(POINTS)).join("");
  const digits = () => `${1 + below(9)}${many(60, () => below(10)).join("")}`;
  const LEAVES = [
    () => null,
    () => undefined,
    () => NaN,
    () => random() < 0.5,
    () => below(200) - 100 || 0,
    () => (random() - 0.5) * 10 ** (below(600) - 300),
    () => pick([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, Number.MAX_VALUE, 5e-324, 1e21, 1e-7]),
    text,
    () => BigInt(digits()) * (random() < 0.5 ? -1n : 1n),
    () => pick([0n, -1n, 2n ** 53n, 2n ** 64n, -(2n ** 63n), BigInt("9".repeat(4300))]),
    () => new Date(Math.floor((random() - 0.5) * 2 * 8.64e15)),
    () => new Date(pick([0, -1, NaN, 8.64e15, -8.64e15, Date.UTC(9999, 11, 31), Date.UTC(10000, 0, 1), -62167219200000])),
    () => new URL(`https://${pick(["a.test", "münchen.test", "[::1]:8080"])}/${encodeURIComponent(text())}?q=é#${below(9)}`),
    () => new URL(pick(["mailto:a@b.c", "data:text/plain,hi", "file:///etc/x", "HTTP://EXAMPLE.com:80/../a b"])),
    () => new RegExp(pick(["a", "", "/", "[/]", "a\\/b", "\n", "\u2028", "^(?<n>x)\\k<n>$"]), pick(["", "g", "dgimsy", "u"])),
    () => new RegExp("[a--b]", "v"),
  ];
  const key = () => pick([text(), `${below(30)}`, "json", "meta", "a.b", "length", "constructor"]);
  const CONTAINERS = [
    (depth) => many(5, () => value(depth)),
    (depth) => new Set(many(5, () => value(depth))),
    (depth) => new Map(many(4, () => [value(depth), value(depth)])),
    // A member that is undefined is not sent.
    (depth) => Object.fromEntries(many(5, () => [key(), value(depth)]).filter(([, member]) => member !== undefined)),
  ];
  const value = (depth) => (depth > 0 && random() < 0.6 ? pick(CONTAINERS)(depth - 1) : pick(LEAVES)());
  return () => value(5);
}

/** The value as text that differs for any two values that differ, by type, content or order. */
export function inFull(value) {
  const list = (values) => `[${[...values].map(inFull).join(",")}]`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  if (typeof value !== "object" || value === null) return `${value}`;
  if (Array.isArray(value)) return list(value);
  const name = Object.getPrototypeOf(value)?.constructor.name;
  switch (name) {
    case "Date":
      return `Date(${value.getTime()})`;
    case "URL":
    case "RegExp":
      return `${name}(${value})`;
    case "Set":
      return `Set${list(value)}`;
    case "Map":
      return `Map${list([...value].map(([key, member]) => [key, member]))}`;
    case "Object":
      return `{${Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${inFull(member)}`).join(",")}}`;
    default:
      throw new TypeError(`a value of an unknown type: ${name}`);
  }
}
