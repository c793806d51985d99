/** Values that are no type's that takes only some. */
const WRONG = [true, 0.25, "\u0001 wrong", null, undefined, 10n, [[[]]], { "\u0001": "wrong" }, new Date(0)];

/** The value with one thing of it changed: another primitive at some place, or a member less. */
export function mutated(value, random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const places = [];
  visit(value, [], places);
  const path = pick(places);
  if (path.length > 0 && path.at(-1).isMember && random() < 0.3) return changed(value, path, undefined, true);
  return changed(value, path, pick(WRONG), false);
}

function visit(value, path, places) {
  places.push(path);
  if (Array.isArray(value)) value.forEach((item, index) => visit(item, [...path, { index }], places));
  else if (isPlain(value)) {
    for (const name of Object.keys(value)) visit(value[name], [...path, { name, isMember: true }], places);
  }
}

const isPlain = (value) =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function changed(value, [step, ...rest], replacement, isLess) {
  if (step === undefined) return replacement;
  if (step.index !== undefined)
    return value.with
      ? value.with(step.index, changed(value[step.index], rest, replacement, isLess))
      : value.map((item, index) => (index === step.index ? changed(item, rest, replacement, isLess) : item));
  const copy = {};
  for (const name of Object.keys(value)) {
    if (name === step.name && rest.length === 0 && isLess) continue;
    const member = name === step.name ? changed(value[name], rest, replacement, isLess) : value[name];
    Object.defineProperty(copy, name, { value: member, enumerable: true, configurable: true, writable: true });
  }
  return copy;
}
