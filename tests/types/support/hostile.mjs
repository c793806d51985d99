import fc from "fast-check";

/** Texts that mean something to somebody who reads TypeScript. */
const FRAGMENTS = [
  "*/", "/*", "/**", "*", "/", "//", "*\\/", "\\", "\\\\", '"', "'", "`", "${", "${x}", "`${", "}", "{", ";", ":", "?", "<", ">", "|",
  "\n", "\r", "\r\n", "\u2028", "\u2029", "\u0085", "\0", "\b", "\u001b", "\u007f", "\ufeff", "\u202e", "\u200b", " ", "\t", "\v",
  "@ts-ignore", "@ts-expect-error", "@ts-nocheck", "// @ts-ignore", "@deprecated", "{@link x}", "@type {any}", "@jsx h",
  '/// <reference path="x" />', "# sourceMappingURL=x", "<!--", "-->", "</script>", "__proto__", "constructor", "prototype", "then",
  "toString", "hasOwnProperty", "new", "get", "set", "async", "static", "readonly", "default", "class", "import", "export", "await",
  "any", "never", "unknown", "undefined", "void", "object", "string", "symbol", "null", "keyof", "typeof", "infer", "unique",
  "asserts", "abstract", "is", "as", "out", "in", "declare", "global", "module", "namespace", "require", "intrinsic", "accessor",
  "satisfies", "type", "of", "let", "Client", "C", "ORPCError", "ProcedureClient", "ClientContext", "ThrowableError", "oc",
  "eventIterator", "contract", "Array", "Date", "Record", "Promise", "Error", "globalThis", "0", "01", "1e3", "-1", "1n", "NaN",
  "Infinity", "😀", "é", "ø", "日本", "a b", "a-b", "a.b", "a/b", "a~1b", "a%2Fb", "#", "$", "_", "$defs", "$ref", "Input", "Output",
  "a", "b", "T", "Type2", "::", "[", "]", ",", "Option<", "&", "=", "=>", "()",
];

/** Names that a router refuses, because no client could call them. */
export const RESERVED = ["", "then", "bind", "valueOf", "toString", "toJSON", "constructor", "prototype", "__proto__"];

const fragment = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...FRAGMENTS) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 4 }) },
);
const text = fc.oneof(
  { weight: 3, arbitrary: fragment },
  { weight: 3, arbitrary: fc.array(fragment, { maxLength: 4 }).map((parts) => parts.join("")) },
);
const docs = fc.oneof(fc.constant(""), text);

const named = (name, value) => fc.array(fc.tuple(name, value), { maxLength: 4 }).map((pairs) => new Map(pairs));

const callable = text.map((name) => (RESERVED.includes(name) ? `${name}_` : name));
const entryName = fc.oneof({ weight: 50, arbitrary: callable }, { weight: 1, arbitrary: fc.constantFrom(...RESERVED) });

const TYPES = 4;

/** Schemas of the kinds that `compare.mjs` knows. */
const { schema, object } = fc.letrec((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({
      type: fc.constant("string"),
      description: docs,
      format: text,
      pattern: fc.constantFrom("^a*/b$", "@ts-ignore", "\n*/", "[\u2028]*/", "`\\$\\{x\\}`", "//"),
    }, { requiredKeys: ["type"] }),
    fc.nat({ max: TYPES - 1 }).map((index) => ({ $type: index })),
    fc.uniqueArray(text, { minLength: 1, maxLength: 4 }).map((values) => ({ type: "string", enum: values })),
    fc.record({ const: text, description: docs }),
    fc.record({ type: fc.constant("array"), items: tie("schema") }),
    fc.record({ type: fc.constant("object"), description: docs, additionalProperties: tie("schema") }),
    fc.tuple(fc.array(tie("schema"), { minLength: 1, maxLength: 3 }), fc.nat({ max: 3 })).map(([prefixItems, least]) => ({
      type: "array",
      prefixItems,
      items: false,
      minItems: Math.min(least, prefixItems.length),
    })),
    fc.record({ tag: text, variants: fc.uniqueArray(fc.tuple(text, tie("object")), { minLength: 2, maxLength: 3, selector: ([name]) => name }) }).map(
      ({ tag, variants }) => ({
        oneOf: variants.map(([name, { properties, required, ...others }]) => ({
          ...others,
          properties: Object.fromEntries([...Object.entries(properties), [tag, { const: name }]]),
          required: [...new Set([...required, tag])],
        })),
      }),
    ),
    fc.record({ anyOf: tie("schema").map((schema) => [schema, { type: "null" }]) }),
    tie("object"),
  ),
  object: fc.record({ members: named(text, tie("schema")), docs, optional: fc.boolean() }).map(({ members, docs, optional }) => ({
    type: "object",
    description: docs,
    // `fromEntries` makes a property of `__proto__`, too.
    properties: Object.fromEntries(members),
    required: optional ? [] : [...members.keys()],
  })),
}));

const error = fc.record({ code: text, message: text, data: fc.option(schema) });
const procedure = fc.record(
  {
    docs,
    deprecated: fc.tuple(text, text),
    get: fc.boolean(),
    input: schema,
    output: schema,
    errors: fc.uniqueArray(error, { maxLength: 3, selector: ({ code }) => code }),
  },
  { requiredKeys: ["docs", "input", "output", "errors"] },
);
const { entries } = fc.letrec((tie) => ({
  entries: named(entryName, fc.oneof({ maxDepth: 2 }, procedure, tie("entries"))).map((nodes) =>
    Array.from(nodes, ([name, node]) => (Array.isArray(node) ? { name, entries: node } : { ...node, name })),
  ),
}));

/** Names with a meaning in generated files, which none of their types may have. */
export const MEANT = [
  "AsyncIteratorClass", "AsyncIteratorObject", "C", "Client", "ClientContext", "Date", "File", "Map", "ORPCError", "ProcedureClient",
  "Record", "RegExp", "Set", "ThrowableError", "URL", "contract", "eventIterator", "oc", "type",
];

/** schemars refers to names with other characters in no valid way, and such a router is refused. */
const typeName = fc.oneof(
  { weight: 2, arbitrary: text.map((name) => name.replace(/[\0-\x0f]/g, "") || "T") },
  { weight: 1, arbitrary: fc.constantFrom(...MEANT) },
);
const type = fc.record({
  name: typeName,
  modules: fc.array(text, { maxLength: 2 }),
  argument: fc.option(text),
  schema: object,
  input: fc.option(object),
});

/** A description of a router with hostile names. */
export const description = fc.record({
  entries,
  types: fc
    .array(type, { minLength: TYPES, maxLength: TYPES })
    .map((types) =>
      types.map(({ name, modules, argument, schema, input }, index) => ({
        name,
        // Makes each the id of a type of its own.
        id: [...modules, `m${index}`, argument === null ? name : `${name}<${argument}>`].join("::"),
        schema,
        input,
      })),
    ),
});

/** Returns `true` if all names of procedures can be called. */
export const isServed = (entries) =>
  entries.every(({ name, entries }) => !RESERVED.includes(name) && (entries === undefined || isServed(entries)));
