const GROUPS = 15;
const PROCEDURES = 20;

/** Total number of procedures. */
export const SIZE = GROUPS * PROCEDURES;

const capital = (text) => text[0].toUpperCase() + text.slice(1);
const object = (properties, optional = []) => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});
const text = { type: "string", minLength: 1, maxLength: 200, description: "What people read." };
const whole = { type: "integer", format: "uint32", minimum: 0 };
const page = { $define: "Page", ...object({ at: whole, size: whole }), description: "Which part of a list." };
const address = { $define: "Address", ...object({ street: text, city: text, zip: text, country: text }) };

/** A procedure whose input and output are unlike those of all others. */
function procedure(group, name, index) {
  const own = `${group}${capital(name)}`;
  const input = object(
    {
      [`${own}Id`]: { type: "integer", format: "uint64" },
      [`${own}Name`]: text,
      [`${own}State`]: { type: "string", enum: ["open", "closed", own] },
      [`${own}Tags`]: { type: "array", items: text, maxItems: 8 },
      [`${own}Note`]: { type: ["string", "null"] },
      page,
    },
    [`${own}Note`],
  );
  const item = {
    $define: `${capital(own)}Item`,
    ...object({
      [`${own}Key`]: { type: "string" },
      [`${own}Size`]: { type: "number" },
      [`${own}Extent`]: { anyOf: [object({ [own]: whole }), object({ other: text }), { type: "null" }] },
      when: { type: "string", "x-native-type": "date" },
      address,
    }),
  };
  const output = object({ items: { type: "array", items: item }, next: { anyOf: [page, { type: "null" }] } });
  const errors = [
    { code: `${own.toUpperCase()}_REFUSED`, message: "Refused", data: object({ [`${own}Reason`]: text }) },
    { code: "CLOSED", message: "Closed", data: null },
  ];
  return {
    name,
    docs: `Does what ${own} does.\n\nAnd says so on a second line.`,
    input: { $define: `${capital(own)}Input`, ...input },
    output: { $define: `${capital(own)}Output`, ...output },
    errors: index % 3 === 0 ? errors : [],
  };
}

/** A router of three hundred procedures. */
export const LARGE = {
  entries: Array.from({ length: GROUPS }, (_, group) => ({
    name: `group${group}`,
    entries: Array.from({ length: PROCEDURES }, (_, index) => procedure(`group${group}`, `procedure${index}`, index)),
  })),
};

/** Calls some of the procedures, of a client that is declared as this. */
export function calls(declaration) {
  const call = (group) => {
    const own = `group${group}Procedure${group}`;
    return `
client.group${group}
  .procedure${group}({
    ${own}Id: 1n,
    ${own}Name: "a",
    ${own}State: "open",
    ${own}Tags: [],
    page: { at: 0, size: 1 },
  })
  .then((output) => output.items[0]?.${own}Key satisfies string | undefined);
`;
  };
  return declaration + Array.from({ length: 12 }, (_, group) => call(group)).join("");
}
