/** One valid input of every procedure that takes one. */
export const VALID = {
  echo: { room: "lobby", text: "hello", tags: ["a", "b"] },
  order: {
    customer: {
      id: 7,
      name: "Ada Lovelace",
      email: "ada@example.com",
      address: { street: "12 St James's Square", city: "London", zip: "SW1Y 4JH", country: "GB" },
    },
    items: [
      { sku: "ABC-1234", qty: 2, price: 1.5, note: "gift" },
      { sku: "XYZ-0001", qty: 3, price: 0.25 },
    ],
  },
  count: { to: 3 },
  publish: { at: "2024-01-01T00:00:00Z", room: "lobby", text: "hello" },
  "errors.common": { code: "CONFLICT", message: "Taken" },
  "errors.typed": { retryAfter: 30 },
  "stream.fail": { after: 2 },
  "stream.ticks": { everyMs: 5 },
  "slow.wait": { ms: 1 },
  "chat.send": { message: "hello" },
  "publisher.publish": { channel: "lobby", payload: { text: "hello" } },
  "publisher.subscribe": { channel: "lobby" },
};

/** The procedures that take no input and answer at once, with what they answer. */
export const WITHOUT_INPUT = { ping: "pong", "nested.deep.ping": "pong", "account.headers": "ok" };

/** The procedure of this dotted name on a client. */
export const procedure = (client, name) => name.split(".").reduce((node, key) => node[key], client);

/** A copy of `input` with the member at `path` set to `value`; an undefined value takes the member out. */
export function withMember(input, path, value) {
  if (path.length === 0) return value;
  const copy = structuredClone(input);
  const last = path.at(-1);
  const owner = path.slice(0, -1).reduce((node, key) => node[key], copy);
  if (value === undefined) delete owner[last];
  else owner[last] = value;
  return copy;
}
