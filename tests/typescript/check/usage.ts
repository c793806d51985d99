// Code that uses the client's types: it has to compile.
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import type { Client, ExternalOutput, PageOfUserInput } from "../client.js";

const client: Client = createORPCClient(new RPCLink({ url: "http://127.0.0.1/rpc" }));

const external: ExternalOutput = await client.enums.echo.external({ Struct: { a: 1, b: null } });
if (typeof external === "object" && "Tuple" in external) {
  const [number, text]: [number, string] = external.Tuple;
  console.log(number, text);
}

const internal = await client.enums.echo.internal({ kind: "Newtype", x: 1, y: 2 });
if (internal.kind === "Newtype") console.log(internal.x + internal.y);

// @ts-expect-error there is no such variant
await client.enums.echo.internal({ kind: "Other" });

// @ts-expect-error a member is missing
await client.structs.echo.plain({ flag: true });

// @ts-expect-error a number is no bigint
await client.numbers.echo.uint64(1);

const page: PageOfUserInput = { items: [{ name: "a" }] };
const { next } = await client.generics.echo.users(page);
console.log(next === null ? "the last" : next + 1);

const counts: { [key: number]: boolean } = await client.maps.echo.unsigned({ 1: true });
const maybe: boolean | undefined = counts[2];
console.log(maybe);
