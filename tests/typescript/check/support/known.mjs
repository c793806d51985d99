/** The names of an object's members; none of what is no object. */
const names = (value) => Object.keys(value ?? {});

const isInteger = (name, least, most) => /^-?\d+$/.test(name) && BigInt(name) >= least && BigInt(name) <= most;

/** Returns `true` if a key of a map is not an integer within the bounds. */
const hasOtherKeys = (least, most) => (value) => names(value).some((name) => !isInteger(name, least, most));

const KEYS =
  "a number as a key may be any: the JSON Schema of a map tells whether its keys are signed, and not how large they are";
const COVERED = "an index signature covers the members that have names, too, so that its type has to have theirs";

const DATES = "a Date of JavaScript may be earlier and later than any type of Rust can tell";
const isFar = (date) => Math.abs(date.getUTCFullYear()) > 9998;

const OVERFLOW = "seconds and what is left of them are read one by one, and their sum may be too large";

/**
 * Known differences between types and run time, except those without a comment at a member (see `UNTOLD`), by the names
 * of the types: inputs of the type that are refused (`refuses`), inputs that are returned as another type (`changes`),
 * samples of another type (`gives`), whether random values seldom show it (`isRare`), and the reason (`because`).
 */
export const KNOWN = {
  "constraints.lengths": {
    because: "the items of an array have no place for a comment, so how long they may be is not told",
    refuses: ({ short }) => short.some((text) => [...text].length > 2),
  },
  "native.date": {
    because: "an invalid Date is one to TypeScript, and refused unless the field is an `AnyDate`",
    refuses: (date) => Number.isNaN(date.getTime()),
  },
  "enums.external": {
    because: "serde_json reads no variant with an empty tuple from a value, as it takes the empty array for null",
    refuses: (value) => Array.isArray(value.EmptyTuple),
  },
  "enums.listOfEnums": {
    because: "as above",
    refuses: (list) => list.some((value) => Array.isArray(value.EmptyTuple)),
  },
  "flatten.external": {
    because: "as above",
    refuses: (value) => Array.isArray(value.EmptyTuple),
  },
  "enums.internalOfMap": {
    because: COVERED,
    refuses: ({ kind, ...others }) => Object.values(others).includes("Counts"),
  },
  "flatten.ofMap": {
    because: COVERED,
    refuses: ({ id, ...others }) => Object.values(others).some((other) => typeof other === "number"),
  },
  "enums.skipping": {
    because: "a variant that is only read is taken, and cannot be given back",
    refuses: ({ kind }) => kind === "OnlyIn",
  },
  "maps.unsigned": { because: KEYS, refuses: hasOtherKeys(0n, 255n) },
  "maps.signed": { because: KEYS, refuses: hasOtherKeys(-(2n ** 31n), 2n ** 31n - 1n) },
  "maps.wide": {
    because: `${KEYS}; and one beyond 2^53 is no key that is a number`,
    refuses: hasOtherKeys(0n, 2n ** 64n - 1n),
    gives: (value) => names(value).some((name) => BigInt(name) > Number.MAX_SAFE_INTEGER),
  },
  "maps.ids": { because: KEYS, refuses: hasOtherKeys(0n, 2n ** 32n - 1n) },
  "maps.members": { because: KEYS, refuses: ({ by_id }) => hasOtherKeys(0n, 65_535n)(by_id) },
  "maps.nested": {
    because: KEYS,
    refuses: (value) => Object.values(value).some(hasOtherKeys(0n, 255n)),
  },
  "maps.letters": {
    because: "a text as a key may be any: the JSON Schema of a map tells the pattern of its keys, and not their length",
    refuses: (value) => names(value).some((name) => [...name].length !== 1),
  },
  "maps.documented": {
    because: "the JSON Schema of a map knows the variants of its keys only if none of them has documentation",
    refuses: (value) => names(value).some((name) => !["First", "Second"].includes(name)),
  },
  "maps.skus": {
    because: "a text as a key may be any, whatever its pattern",
    refuses: (value) => names(value).some((name) => !/^[A-Z]{2}-[0-9]{3}$/.test(name)),
  },
  "maps.flags": {
    because: "the JSON Schema of a map does not know keys that are true or false",
    refuses: (value) => names(value).some((name) => !["true", "false"].includes(name)),
  },
  "foreign.ofChrono": { because: DATES, refuses: ({ native }) => isFar(native) },
  "foreign.ofJiff": { because: DATES, refuses: ({ native }) => isFar(native) },
  "foreign.ofTime": { because: DATES, refuses: ({ at }) => isFar(at) },
  "standard.duration": { because: OVERFLOW, isRare: true, refuses: ({ secs }) => secs > 2n ** 63n },
  "standard.systemTime": { because: OVERFLOW, isRare: true, refuses: ({ secs_since_epoch: secs }) => secs >= 2n ** 63n - 5n },
  "options.required": {
    because:
      "schemars takes an `Option` with a `deserialize_with` of its own for one that may be left out, serde does not",
    refuses: (value) => value.with === undefined,
  },
  "numbers.nonZeros": {
    because: "there is no word for what a number is not",
    refuses: ({ b }) => b === 0,
  },
  "native.natives": {
    because: "a member of any type is left out when it is undefined, and `unknown` does not tell",
    gives: (value) => !Object.hasOwn(value, "any"),
  },
  "options.ofUndefined": {
    because: "schemars takes an `Option` of what is null already for the same",
    changes: () => true,
    gives: ({ maybe, list }) => maybe === null || list.includes(null),
  },
};
