/** The largest number of 32 bits, with as many digits as are necessary to identify it. */
const MAX_FLOAT = 3.4028235e38;

const WIDE = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  int128: [-(2n ** 127n), 2n ** 127n - 1n],
  uint128: [0n, 2n ** 128n - 1n],
};

const INTEGERS = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
};

const FLOATS = { float: [-MAX_FLOAT, MAX_FLOAT] };

/** Constraints in the tags of a value. */
export function constraintsOf(tags) {
  const found = {
    minimum: -Infinity,
    maximum: Infinity,
    multiplesOf: [],
    lengths: [0, Infinity],
    items: [0, Infinity],
    properties: [0, Infinity],
    patterns: [],
    formats: [],
    unique: false,
    dates: [-Infinity, Infinity],
  };
  const more = (of, text) => (of[0] = Math.max(of[0], Number(text)));
  const less = (of, text) => (of[1] = Math.min(of[1], Number(text)));
  // A bigint's bounds may be beyond what a number holds.
  const bound = (text) => (/^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text)) ? BigInt(text) : Number(text));
  const take = {
    format: (text) => {
      found.formats.push(text);
      const range = INTEGERS[text] ?? WIDE[text] ?? FLOATS[text];
      if (!range) return;
      if (INTEGERS[text]) found.multiplesOf.push(1);
      take.minimum(range[0]);
      take.maximum(range[1]);
    },
    minimum: (text) => (found.minimum = larger(found.minimum, bound(text))),
    maximum: (text) => (found.maximum = smaller(found.maximum, bound(text))),
    exclusiveMinimum: (text) => (found.above = larger(found.above ?? -Infinity, bound(text))),
    exclusiveMaximum: (text) => (found.below = smaller(found.below ?? Infinity, bound(text))),
    multipleOf: (text) => found.multiplesOf.push(Number(text)),
    minLength: (text) => more(found.lengths, text),
    maxLength: (text) => less(found.lengths, text),
    pattern: (text) => found.patterns.push(text),
    minItems: (text) => more(found.items, text),
    maxItems: (text) => less(found.items, text),
    uniqueItems: () => (found.unique = true),
    minProperties: (text) => more(found.properties, text),
    maxProperties: (text) => less(found.properties, text),
    formatMinimum: (text) => more(found.dates, Date.parse(text)),
    formatMaximum: (text) => less(found.dates, Date.parse(text)),
  };
  for (const { name, text } of tags) take[name]?.(typeof text === "string" ? text.trim() : text);
  return found;
}

const larger = (a, b) => (a > b ? a : b);
const smaller = (a, b) => (a < b ? a : b);

const isWithin = (number, [least, most]) => number >= least && number <= most;

/** Returns `true` if a number or bigint is within its bounds. */
export function fitsNumber(value, found) {
  if (value < found.minimum || value > found.maximum) return false;
  if (found.above !== undefined && value <= found.above) return false;
  if (found.below !== undefined && value >= found.below) return false;
  return found.multiplesOf.every((step) =>
    typeof value === "bigint" ? value % BigInt(step) === 0n : value % step === 0,
  );
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function fitsString(value, found) {
  // JSON Schema counts code points.
  if (!isWithin([...value].length, found.lengths)) return false;
  if (found.formats.includes("uuid") && !UUID.test(value)) return false;
  if (found.formats.includes("date-time") && Number.isNaN(Date.parse(value))) return false;
  if (found.formats.includes("uri") && !URL.canParse(value)) return false;
  return found.patterns.every((pattern) => new RegExp(pattern, "u").test(value));
}

export const fitsItems = (items, found) =>
  isWithin(items.length, found.items) &&
  !(found.unique && new Set(items.map((item) => JSON.stringify(item))).size < items.length);

export const fitsProperties = (value, found) => isWithin(Object.keys(value).length, found.properties);

export const fitsDate = (value, found) =>
  (found.dates[0] === -Infinity && found.dates[1] === Infinity) || isWithin(value.getTime(), found.dates);
