// Event iterators are of the types of their events, their last value and their errors.
import { type AsyncIteratorClass, consumeEventIterator, type ORPCError, safe } from "@orpc/client";
import { expectTypeOf } from "expect-type";
import { client } from "./links.ts";

type RateLimited = ORPCError<"RATE_LIMITED", { retryAfter: number }>;

export async function read() {
  const iterator = await client.count({ to: 3 });
  expectTypeOf(iterator).toEqualTypeOf<AsyncIteratorClass<{ n: number }, void, void>>();
  for await (const event of iterator) expectTypeOf(event).toEqualTypeOf<{ n: number }>();
  expectTypeOf(await iterator.next()).toEqualTypeOf<IteratorResult<{ n: number }, void>>();
  await iterator.return();

  const [error, opened, isDefined] = await safe(client.stream.fail({ after: 1 }));
  if (isDefined) expectTypeOf(error).toEqualTypeOf<RateLimited>();
  if (error === null) expectTypeOf(opened).toEqualTypeOf<AsyncIteratorClass<{ n: number }, void, void>>();
}

export function consume() {
  const stop = consumeEventIterator(client.stream.fail({ after: 1 }), {
    onEvent: (event) => expectTypeOf(event).toEqualTypeOf<{ n: number }>(),
    onError: (error) => expectTypeOf(error).toEqualTypeOf<RateLimited | Error>(),
    // The class of iterators leaves this open: a value passed to `return` early is the result as
    // well.
    onSuccess: (value) => expectTypeOf(value).toBeAny(),
    onFinish: ([error]) => expectTypeOf(error).toEqualTypeOf<RateLimited | Error | null>(),
  });
  expectTypeOf(stop).toEqualTypeOf<() => Promise<void>>();

  consumeEventIterator(client.chat.onMessage(), {
    onEvent: (event) => expectTypeOf(event).toEqualTypeOf<string>(),
    onError: (error) => expectTypeOf(error).toEqualTypeOf<Error>(),
  });
}
