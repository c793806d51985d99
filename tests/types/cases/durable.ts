// Durable iterators are event iterators with methods.
import type { AsyncIteratorClass } from "@orpc/client";
import { expectTypeOf } from "expect-type";
import { client } from "./links.ts";

export async function open() {
  const room = await client.room.open({ room: "lobby", name: "Ada" });
  expectTypeOf(room).toExtend<AsyncIteratorClass<{ from: string; text: string }, void, void>>();
  for await (const message of room) expectTypeOf(message).toEqualTypeOf<{ from: string; text: string }>();
  await room.return();

  expectTypeOf(room.say).parameter(0).toEqualTypeOf<{ text: string }>();
  expectTypeOf(await room.say({ text: "hi" }, { signal: new AbortController().signal })).toEqualTypeOf<void>();
  expectTypeOf(await room.tools.ping()).toEqualTypeOf<string>();
  expectTypeOf(await room.tools.echo({ text: "x" })).toEqualTypeOf<string>();
  // @ts-expect-error there is no such method
  room.shout;
  // @ts-expect-error a text is needed
  await room.say({});
}
