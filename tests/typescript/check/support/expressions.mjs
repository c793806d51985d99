/** A text as a literal on one line: JSON leaves two ends of lines as they are. */
const literal = (text) => JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");

/** A value as an expression of TypeScript. */
export function expression(value) {
  const list = (values) => `[${[...values].map(expression).join(", ")}]`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return literal(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return list(value);
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (value instanceof URL) return `new URL(${literal(value.href)})`;
  if (value instanceof RegExp) return `new RegExp(${literal(value.source)}, ${literal(value.flags)})`;
  if (value instanceof File) return `new File([], ${literal(value.name)})`;
  if (value instanceof Set) return `new Set(${list(value)})`;
  if (value instanceof Map) return `new Map(${list(value)})`;
  // A computed name, as `__proto__: …` sets the prototype.
  return `{ ${Object.keys(value)
    .map((name) => `[${literal(name)}]: ${expression(value[name])}`)
    .join(", ")} }`;
}
