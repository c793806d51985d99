// Declared errors are known by code and data, in every way of the client to handle them.
import { createSafeClient, isDefinedError, ORPCError, safe, type ThrowableError } from "@orpc/client";
import { expectTypeOf } from "expect-type";
import type { Client as Edges } from "../generated/edges/client.ts";
import { client } from "./links.ts";

type RateLimited = ORPCError<"RATE_LIMITED", { retryAfter: number }>;

expectTypeOf<ThrowableError>().toEqualTypeOf<Error>();

export async function asTuple() {
  const [error, data, isDefined, isSuccess] = await safe(client.errors.typed({ retryAfter: 1 }));
  expectTypeOf(error).toEqualTypeOf<RateLimited | Error | null>();
  expectTypeOf(data).toEqualTypeOf<void | undefined>();
  expectTypeOf(isDefined).toEqualTypeOf<boolean>();
  if (isDefined) {
    expectTypeOf(error).toEqualTypeOf<RateLimited>();
    expectTypeOf(error.code).toEqualTypeOf<"RATE_LIMITED">();
    expectTypeOf(error.data).toEqualTypeOf<{ retryAfter: number }>();
    expectTypeOf(isSuccess).toEqualTypeOf<false>();
  } else if (error) {
    expectTypeOf(error).toEqualTypeOf<Error>();
  } else {
    expectTypeOf(isSuccess).toEqualTypeOf<true>();
  }
}

export async function asObject() {
  const result = await safe(client.echo({ room: "r", text: "t", tags: [] }));
  expectTypeOf(result.data).toEqualTypeOf<{ room: string; text: string; tags: string[] } | undefined>();
  if (result.isSuccess) {
    expectTypeOf(result.data).toEqualTypeOf<{ room: string; text: string; tags: string[] }>();
    expectTypeOf(result.error).toEqualTypeOf<null>();
  } else if (result.isDefined) {
    // Nothing is declared.
    expectTypeOf(result.error).toEqualTypeOf<never>();
  } else {
    expectTypeOf(result.error).toEqualTypeOf<Error>();
  }
}

export async function narrowed() {
  const { error } = await safe(client.errors.typed({ retryAfter: 1 }));
  if (isDefinedError(error)) {
    expectTypeOf(error).toEqualTypeOf<RateLimited>();
    expectTypeOf(error.data.retryAfter).toEqualTypeOf<number>();
    // @ts-expect-error no procedure fails so
    if (error.code === "RATE_LIMIT") return;
    // @ts-expect-error no such data
    error.data.retry_after;
  } else {
    expectTypeOf(error).toEqualTypeOf<Error | null>();
  }
}

export async function ofManyCodes(edges: Edges) {
  const { error, isDefined } = await safe(edges.orders.buy({ id: 1n }));
  if (isDefined) {
    expectTypeOf(error.code).toEqualTypeOf<"OUT_OF_STOCK" | "CARD_DECLINED" | "CLOSED">();
    switch (error.code) {
      case "OUT_OF_STOCK":
        expectTypeOf(error.data).toEqualTypeOf<{ left: bigint }>();
        break;
      case "CARD_DECLINED":
        expectTypeOf(error.data).toEqualTypeOf<string | null>();
        break;
      case "CLOSED":
        expectTypeOf(error.data).toEqualTypeOf<undefined>();
        break;
      default:
        expectTypeOf(error).toEqualTypeOf<never>();
    }
  }
}

export async function ofSafeClient() {
  const safeClient = createSafeClient(client);
  const { error, data, isDefined } = await safeClient.errors.typed({ retryAfter: 1 });
  if (isDefined) expectTypeOf(error).toEqualTypeOf<RateLimited>();
  expectTypeOf(data).toEqualTypeOf<void | undefined>();
  const [failure, pong] = await safeClient.nested.deep.ping();
  if (failure === null) expectTypeOf(pong).toEqualTypeOf<string>();
  // @ts-expect-error no such procedure
  safeClient.nested.ping;
}

export function caught(error: unknown) {
  if (error instanceof ORPCError) expectTypeOf(error.code).toExtend<string>();
}
