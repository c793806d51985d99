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

/** The most files of one value. */
const MAX_FILES = 8;

/**
 * A generator of values of every type that the protocol carries, nested as deep as five levels. Half of them may have
 * files, so that the others are sent without a form.
 */
export function randomValues(random) {
  const below = (limit) => Math.floor(random() * limit);
  const pick = (list) => list[below(list.length)];
  const many = (most, make) => Array.from({ length: below(most + 1) }, make);

  const POINTS = ["a", "é", "日", "😀", "\u0000", "\n", '"', "\\", "/", "\u2028", "\ufeff", "0", "1", " ", "."];
  const textOf = (points) => many(6, () => pick(points)).join("");
  const text = () => textOf(POINTS);
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
  // `JSON.parse` of Chromium 148 reads one in some 100,000 names with an escape as another name, so that pages send none.
  const escaped = (name) => JSON.stringify(name).length > name.length + 2;
  const KEY_POINTS = "document" in globalThis ? POINTS.filter((point) => !escaped(point)) : POINTS;
  const key = () => pick([textOf(KEY_POINTS), `${below(30)}`, "json", "meta", "a.b", "length", "constructor"]);

  // Names that every writer and reader of forms agrees on. Not among them, each for its reason:
  // - no name: Node then leaves it out, and the file is a text;
  // - what a form has to escape, which Chromium reads as it stands (`cases/files.mjs` has names with it);
  // - a byte order mark, which Node takes off the beginning of a name;
  // - a control character, which no header may have, so that the server refuses the form.
  const NAME_POINTS = POINTS.filter((point) => !["\n", '"', "\\", "\ufeff", "\u0000"].includes(point));
  const name = () => `${many(5, () => pick(NAME_POINTS)).join("")}${pick(NAME_POINTS)}`;
  const type = () => pick(["", "text/plain", "text/plain;charset=utf-8", "image/svg+xml", 'a/b; c="d e"', "TEXT/X", "日本"]);
  // Pieces that resemble the syntax of forms, and bytes that are not text.
  const PIECES = ["\r\n", "--", "\r\n--", "--\r\n", 'Content-Disposition: form-data; name="0"', "\r\n\r\n", "日", "\u0000"];
  const piece = () => (random() < 0.5 ? pick(PIECES) : Uint8Array.from(many(300, () => below(256))));
  const content = () => (random() < 0.2 ? [] : many(8, piece));
  const FILES = [
    () => new File(content(), name(), { type: type() }),
    () => new File(content(), pick(["a.txt", "__proto__", "../x", "data", "a; filename=x"]), { type: type() }),
    () => new Blob(content(), { type: type() }),
  ];
  let filesLeft = 0;
  const leaf = () => {
    if (filesLeft === 0 || random() > 0.2) return pick(LEAVES)();
    filesLeft -= 1;
    return pick(FILES)();
  };

  const CONTAINERS = [
    (depth) => many(5, () => value(depth)),
    (depth) => new Set(many(5, () => value(depth))),
    (depth) => new Map(many(4, () => [value(depth), value(depth)])),
    // A member that is undefined is not sent.
    (depth) => Object.fromEntries(many(5, () => [key(), value(depth)]).filter(([, member]) => member !== undefined)),
  ];
  const value = (depth) => (depth > 0 && random() < 0.6 ? pick(CONTAINERS)(depth - 1) : leaf());
  return () => {
    filesLeft = random() < 0.3 ? MAX_FILES : 0;
    return value(5);
  };
}

/** The text of `inFull`, with the bytes of all files. */
export async function inFullWithFiles(value) {
  const files = new Map();
  inFull(value, (file) => files.set(file, undefined));
  for (const file of files.keys()) {
    const bytes = [...new Uint8Array(await file.arrayBuffer())];
    files.set(file, bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(""));
  }
  return inFull(value, (file) => files.get(file));
}

/**
 * The value as text that differs for any two values that differ, by type, content or order. `bytesOf` returns what is to
 * stand for the bytes of a file. A blob is what it arrives as: a file by the name blob, and one without a type has that
 * of any bytes.
 */
export function inFull(value, bytesOf = () => "…") {
  const list = (values) => `[${[...values].map((member) => inFull(member, bytesOf)).join(",")}]`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  if (typeof value !== "object" || value === null) return `${value}`;
  if (Array.isArray(value)) return list(value);
  const name = Object.getPrototypeOf(value)?.constructor.name;
  switch (name) {
    case "Blob":
    case "File": {
      const { name = "blob", type, size } = value;
      return `File(${JSON.stringify([name, type || "application/octet-stream", size])},${bytesOf(value)})`;
    }
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
      return `{${Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${inFull(member, bytesOf)}`).join(",")}}`;
    default:
      throw new TypeError(`a value of an unknown type: ${name}`);
  }
}
