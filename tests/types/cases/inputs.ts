// An input can be left out where the procedure has none, or takes null; a wrong one is refused.
import { expectTypeOf } from "expect-type";
import type { Client as Edges, Filter } from "../generated/edges/client.ts";
import { client } from "./links.ts";

client.ping();
client.ping(undefined);
// @ts-expect-error it has no input
client.ping({});
// @ts-expect-error null is one
client.ping(null);
client.values.any();
client.values.any(new Map());

export function nullable(edges: Edges) {
  expectTypeOf(edges.list).parameter(0).toEqualTypeOf<Filter | null | undefined>();
  expectTypeOf<Filter>().toEqualTypeOf<{ text?: string | undefined; limit: number | null }>();
  edges.list();
  edges.list(undefined);
  edges.list(null);
  edges.list({ limit: null });
  edges.list({ limit: 1, text: undefined });
  // @ts-expect-error the limit is missing
  edges.list({});
  expectTypeOf(edges.list()).resolves.toEqualTypeOf<Record<string, bigint>>();
}

// @ts-expect-error the input is missing
client.echo();
// @ts-expect-error undefined is not an input
client.echo(undefined);
// @ts-expect-error a field is missing
client.echo({ room: "r", tags: [] });
// @ts-expect-error a field is of another type
client.echo({ room: "r", text: 1, tags: [] });
// @ts-expect-error an item is of another type
client.echo({ room: "r", text: "t", tags: [1] });
// @ts-expect-error there is no such field
client.echo({ room: "r", text: "t", tags: [], more: 1 });
// @ts-expect-error a nested field is missing
client.order({ customer: { id: 1, name: "n", email: "e" }, items: [] });
client.order({
  customer: { id: 1, name: "n", email: "e@e", address: { street: "s", city: "c", zip: "z", country: "cc" } },
  items: [{ sku: "ABC-1234", qty: 1, price: 1 }, { sku: "ABC-1234", qty: 1, price: 1, note: null }],
});
client.values.shape({ kind: "circle", radius: 1 });
// @ts-expect-error a circle has no side
client.values.shape({ kind: "circle", side: 1 });
// @ts-expect-error no such kind
client.values.shape({ kind: "oval", radius: 1 });
// @ts-expect-error no file
client.files.describe({ title: "t", file: "f", more: [] });
client.files.describe({ title: "t", file: new File([], "f"), more: [] });
// @ts-expect-error events of another type
client.stream.sum((async function* () { yield "1"; })());

// @ts-expect-error there is no such procedure
client.pong();
// @ts-expect-error nor such a group
client.stories.list();
// @ts-expect-error a group is no procedure
client.nested.deep();
// @ts-expect-error there is no such option
client.ping(undefined, { timeout: 1 });
// @ts-expect-error a signal is not one of them
client.ping(undefined, { signal: "now" });
// @ts-expect-error an id is a text
client.stream.ticks({ everyMs: 1 }, { lastEventId: 7 });
// @ts-expect-error the output has no such field
client.account.whoAmI().then((caller) => caller.age);
