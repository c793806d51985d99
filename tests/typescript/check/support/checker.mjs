import { constraintsOf, fitsDate, fitsItems, fitsNumber, fitsProperties, fitsString } from "./constraints.mjs";

const CLASSES = { Date, URL, RegExp, File };

/** Reason why a value does not have a type, as `<where>: <what>`; undefined if it has. */
export function fault(value, shape) {
  return check(value, shape, "value", true);
}

function check(value, shape, path, isClosed) {
  const wrong = (what) => `${path}: ${what}, not ${shown(value)}`;
  switch (shape.kind) {
    case "unknown":
      return undefined;
    case "string":
      if (typeof value !== "string") return wrong("a string");
      return fitsString(value, constraintsOf(shape.tags)) ? undefined : wrong(`a string of ${tagText(shape)}`);
    case "number":
      if (typeof value !== "number") return wrong("a number");
      // No bound holds for what is no number, and no constraint is kept by it.
      if (Number.isNaN(value)) return shape.tags.length === 0 ? undefined : wrong("a number that is one");
      return fitsNumber(value, constraintsOf(shape.tags)) ? undefined : wrong(`a number of ${tagText(shape)}`);
    case "bigint":
      if (typeof value !== "bigint") return wrong("a bigint");
      return fitsNumber(value, constraintsOf(shape.tags)) ? undefined : wrong(`a bigint of ${tagText(shape)}`);
    case "null":
      return value === null ? undefined : wrong("null");
    case "undefined":
      return value === undefined ? undefined : wrong("undefined");
    case "literal":
      return value === shape.value ? undefined : wrong(shown(shape.value));
    case "union": {
      const faults = [];
      for (const part of shape.of) {
        const found = check(value, part, path, isClosed);
        if (found === undefined) return undefined;
        faults.push(found);
      }
      return faults.length === 1 ? faults[0] : wrong(`one of ${shape.of.length} types`);
    }
    case "instance":
      if (!(value instanceof CLASSES[shape.name])) return wrong(`a ${shape.name}`);
      if (shape.name === "Date" && !fitsDate(value, constraintsOf(shape.tags)))
        return wrong(`a Date of ${tagText(shape)}`);
      return undefined;
    case "set": {
      if (!(value instanceof Set)) return wrong("a Set");
      const items = [...value];
      if (!fitsItems(items.map(shown), constraintsOf(shape.tags))) return wrong(`a Set of ${tagText(shape)}`);
      return first(items, (item, index) => check(item, shape.item(), `${path}<${index}>`, true));
    }
    case "map": {
      if (!(value instanceof Map)) return wrong("a Map");
      return first(
        [...value],
        ([key, member], index) =>
          check(key, shape.key(), `${path}<key ${index}>`, true) ??
          check(member, shape.value(), `${path}<value ${index}>`, true),
      );
    }
    case "array": {
      if (!Array.isArray(value)) return wrong("an array");
      if (!fitsItems(value.map(shown), constraintsOf(shape.tags))) return wrong(`an array of ${tagText(shape)}`);
      return first(value, (item, index) => check(item, shape.item(), `${path}[${index}]`, true));
    }
    case "tuple": {
      const { items, required, rest } = shape;
      if (!Array.isArray(value)) return wrong("a tuple");
      if (value.length < required || (!rest && value.length > items.length)) return wrong(`a tuple of ${items.length}`);
      return first(value, (item, index) => check(item, (items[index] ?? rest)(), `${path}[${index}]`, true));
    }
    case "object":
      return checkObject(value, shape, path, isClosed);
  }
  throw new Error(`no check for ${shape.kind}`);
}

function checkObject(value, shape, path, isClosed) {
  const wrong = (what) => `${path}: ${what}, not ${shown(value)}`;
  const { members, indexes, parts, tags } = shape;
  const isEmpty = members.size === 0 && indexes.length === 0;
  // `{}` is all but null and undefined; what has members may be any object, of which only plain ones are sent.
  if (typeof value !== "object" || value === null) return wrong("an object");
  if (!isPlain(value)) return wrong("a plain object");
  if (!fitsProperties(value, constraintsOf(tags))) return wrong(`an object of ${tagText(shape)}`);
  for (const part of parts) {
    const found = check(value, part, path, false);
    if (found !== undefined) return found;
  }
  for (const [name, { optional }] of members) {
    if (!optional && !Object.hasOwn(value, name)) return wrong(`an object with ${JSON.stringify(name)}`);
  }
  for (const name of Object.keys(value)) {
    const inner = `${path}.${name}`;
    const known = members.get(name);
    const index = indexes.find(({ key }) => key === "string" || isNumeric(name));
    if (!known && !index) {
      if (isClosed) return `${inner}: no member of the type, nor is it any other`;
      continue;
    }
    for (const shape of [known?.shape(), index?.value()]) {
      const found = shape && check(value[name], shape, inner, true);
      if (found !== undefined) return found;
    }
  }
  return isEmpty && isClosed && Object.keys(value).length > 0 ? wrong("an object without members") : undefined;
}

const isNumeric = (name) => String(Number(name)) === name;

const isPlain = (value) => [Object.prototype, null].includes(Object.getPrototypeOf(value));

function first(items, find) {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

const tagText = ({ tags }) => tags.map(({ name, text }) => `@${name} ${text}`).join(" ");

/** A value as text that differs for most that differ. */
export function shown(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null)
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : value.toISOString();
  if (value instanceof Set) return `Set ${shown([...value])}`;
  if (value instanceof Map) return `Map ${shown([...value])}`;
  if (value instanceof File) return `File ${JSON.stringify(value.name)}`;
  if (!isPlain(value)) return String(value);
  return `{ ${Object.keys(value)
    .map((name) => `${JSON.stringify(name)}: ${shown(value[name])}`)
    .join(", ")} }`;
}
