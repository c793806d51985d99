// The types of inputs, outputs and errors can be had from the client's type.
import type { AsyncIteratorClass, InferClientErrors, InferClientErrorUnion, InferClientInputs, InferClientOutputs, ORPCError } from "@orpc/client";
import { expectTypeOf } from "expect-type";
import type * as generated from "../../conformance/client.ts";

type Inputs = InferClientInputs<generated.Client>;
type Outputs = InferClientOutputs<generated.Client>;
type Errors = InferClientErrors<generated.Client>;
type RateLimited = ORPCError<"RATE_LIMITED", { retryAfter: number }>;
type EventGap = ORPCError<"EVENT_GAP", generated.GapData>;

expectTypeOf<Inputs>().toEqualTypeOf<{
  ping: undefined;
  echo: generated.Echo;
  order: generated.Order;
  count: generated.CountTo;
  publish: generated.Publication;
  subscribe: undefined;
  nested: { deep: { ping: undefined } };
  errors: { common: generated.Common; typed: generated.Retry; secret: undefined; panic: undefined };
  stream: {
    fail: generated.FailAfter;
    ticks: generated.Ticks;
    sum: AsyncIteratorObject<number, unknown, void>;
    live: undefined;
  };
  slow: { wait: generated.Wait; live: undefined };
  values: { any: unknown; typed: generated.Typed; shape: generated.Shape };
  files: { describe: generated.Upload; make: generated.Wanted };
  account: { whoAmI: undefined; headers: undefined };
  chat: { send: generated.SendMessage; onMessage: undefined };
  room: { open: generated.OpenRoom };
  store: {
    put: generated.Put;
    get: generated.Key;
    delete: generated.Key;
    list: generated.List;
    alarm: generated.Alarm;
  };
  publisher: { publish: generated.Publish; subscribe: generated.Subscribe };
}>();

// A durable iterator is a type of its own, see durable.ts.
expectTypeOf<Omit<Outputs, "room">>().toEqualTypeOf<{
  ping: string;
  echo: generated.Echo;
  order: generated.Total;
  count: AsyncIteratorClass<generated.Count, void, void>;
  publish: boolean;
  subscribe: AsyncIteratorClass<generated.Publication, void, void>;
  nested: { deep: { ping: string } };
  errors: { common: void; typed: void; secret: void; panic: void };
  stream: {
    fail: AsyncIteratorClass<generated.Count, void, void>;
    ticks: AsyncIteratorClass<generated.Count, void, void>;
    sum: number;
    live: number;
  };
  slow: { wait: string; live: number };
  values: { any: unknown; typed: generated.Typed; shape: generated.Area };
  files: { describe: generated.DescribedUpload; make: File };
  account: { whoAmI: generated.Caller; headers: string };
  chat: { send: void; onMessage: AsyncIteratorClass<string, void, void> };
  store: { put: void; get: unknown; delete: boolean; list: generated.Entry[]; alarm: void };
  publisher: { publish: string; subscribe: AsyncIteratorClass<unknown, void, void> };
}>();

expectTypeOf<Errors["ping"]>().toEqualTypeOf<Error>();
expectTypeOf<Errors["errors"]["typed"]>().toEqualTypeOf<RateLimited | Error>();
expectTypeOf<Errors["stream"]["fail"]>().toEqualTypeOf<RateLimited | Error>();
expectTypeOf<Errors["publisher"]["subscribe"]>().toEqualTypeOf<EventGap | Error>();
expectTypeOf<InferClientErrorUnion<generated.Client>>().toEqualTypeOf<RateLimited | EventGap | Error>();
