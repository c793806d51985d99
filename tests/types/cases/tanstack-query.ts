// The utilities for TanStack Query know the types of the procedures.
import { isDefinedError, type ORPCError } from "@orpc/client";
import type { ClientRetryPluginContext } from "@orpc/client/plugins";
import { createTanstackQueryUtils } from "@orpc/tanstack-query";
import { type InfiniteData, InfiniteQueryObserver, MutationObserver, QueryClient, QueryObserver, skipToken } from "@tanstack/query-core";
import { expectTypeOf } from "expect-type";
import type { Client, Echo } from "../../conformance/client.ts";
import type { Client as Edges } from "../generated/edges/client.ts";
import { client } from "./links.ts";

type RateLimited = ORPCError<"RATE_LIMITED", { retryAfter: number }>;

const orpc = createTanstackQueryUtils(client);
const queries = new QueryClient();

export async function query() {
  const options = orpc.echo.queryOptions({ input: { room: "r", text: "t", tags: [] } });
  expectTypeOf(await queries.fetchQuery(options)).toEqualTypeOf<Echo>();
  expectTypeOf(queries.getQueryData(options.queryKey)).toEqualTypeOf<Echo | undefined>();
  const result = new QueryObserver(queries, orpc.ping.queryOptions()).getCurrentResult();
  expectTypeOf(result.data).toEqualTypeOf<string | undefined>();
  expectTypeOf(result.error).toEqualTypeOf<Error | null>();
  const failing = new QueryObserver(queries, orpc.errors.typed.queryOptions({ input: { retryAfter: 1 } }));
  const { error } = failing.getCurrentResult();
  expectTypeOf(error).toEqualTypeOf<RateLimited | Error | null>();
  if (isDefinedError(error)) expectTypeOf(error.data).toEqualTypeOf<{ retryAfter: number }>();
  orpc.echo.queryOptions({ input: skipToken });
  orpc.values.any.queryOptions();
  // @ts-expect-error the input is missing
  orpc.echo.queryOptions();
  // @ts-expect-error a field is missing
  orpc.echo.queryOptions({ input: { room: "r", tags: [] } });
  // @ts-expect-error there is no such procedure
  orpc.pong.queryOptions();
}

export function nullable(edges: Edges) {
  const utils = createTanstackQueryUtils(edges);
  utils.list.queryOptions();
  utils.list.queryOptions({ input: null });
  utils.list.queryOptions({ input: { limit: 1 } });
  // @ts-expect-error the limit is missing
  utils.list.queryOptions({ input: {} });
}

export async function mutation() {
  const send = new MutationObserver(queries, orpc.chat.send.mutationOptions());
  expectTypeOf(send.mutate).parameter(0).toEqualTypeOf<{ message: string }>();
  expectTypeOf(await send.mutate({ message: "m" })).toEqualTypeOf<void>();
  const failing = new MutationObserver(
    queries,
    orpc.errors.typed.mutationOptions({
      onError: (error) => expectTypeOf(error).toEqualTypeOf<RateLimited | Error>(),
    }),
  );
  expectTypeOf(failing.getCurrentResult().error).toEqualTypeOf<RateLimited | Error | null>();
  // @ts-expect-error no message
  send.mutate({ text: "m" });
}

export function events() {
  const streamed = new QueryObserver(
    queries,
    orpc.count.experimental_streamedOptions({ input: { to: 3 }, queryFnOptions: { refetchMode: "reset", maxChunks: 3 } }),
  );
  expectTypeOf(streamed.getCurrentResult().data).toEqualTypeOf<{ n: number }[] | undefined>();
  const live = new QueryObserver(queries, orpc.chat.onMessage.experimental_liveOptions());
  expectTypeOf(live.getCurrentResult().data).toEqualTypeOf<string | undefined>();
  const failing = new QueryObserver(queries, orpc.stream.fail.experimental_liveOptions({ input: { after: 1 } }));
  expectTypeOf(failing.getCurrentResult().data).toEqualTypeOf<{ n: number } | undefined>();
  expectTypeOf(failing.getCurrentResult().error).toEqualTypeOf<RateLimited | Error | null>();
  // @ts-expect-error the input is missing
  orpc.count.experimental_streamedOptions();
}

export function infinite() {
  const observer = new InfiniteQueryObserver(
    queries,
    orpc.slow.wait.infiniteOptions({
      input: (page: number) => ({ ms: page }),
      initialPageParam: 0,
      getNextPageParam: (last, _, page) => {
        expectTypeOf(last).toEqualTypeOf<string>();
        return page + 1;
      },
    }),
  );
  expectTypeOf(observer.getCurrentResult().data).toEqualTypeOf<InfiniteData<string, number> | undefined>();
  orpc.slow.wait.infiniteOptions({
    // @ts-expect-error the page is no text
    input: (page: number) => ({ ms: `${page}` }),
    initialPageParam: 0,
    getNextPageParam: () => 1,
  });
}

export function keys() {
  queries.invalidateQueries({ queryKey: orpc.key() });
  queries.invalidateQueries({ queryKey: orpc.stream.key({ type: "live" }) });
  queries.invalidateQueries({ queryKey: orpc.echo.key({ type: "query", input: { room: "r" } }) });
  // @ts-expect-error no such field
  orpc.echo.key({ input: { rooms: "r" } });
  // @ts-expect-error no such type
  orpc.echo.key({ type: "queries" });
}

export function withContext(retrying: Client<ClientRetryPluginContext>) {
  const utils = createTanstackQueryUtils(retrying);
  utils.ping.queryOptions({ context: { retry: 3 } });
  utils.chat.send.mutationOptions({ context: { retry: 3 } });
  utils.count.experimental_streamedOptions({ input: { to: 1 }, context: { retry: Number.POSITIVE_INFINITY } });
  // @ts-expect-error a number, or what gives one
  utils.ping.queryOptions({ context: { retry: "3" } });
}
