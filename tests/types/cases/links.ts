// A client over each link is of the generated type, and its calls are of the types of the procedures.
import { createORPCClient, type FriendlyClientOptions } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { RPCLink as SocketLink } from "@orpc/client/websocket";
import { expectTypeOf } from "expect-type";
import type { Client, Count, DescribedUpload, Echo, Order, Shape, Typed } from "../../conformance/client.ts";

const link = new RPCLink({ url: "http://localhost/rpc" });
const socketLink = new SocketLink({ websocket: new WebSocket("ws://localhost/ws") });

export const client: Client = createORPCClient(link);
export const socketClient: Client = createORPCClient(socketLink);
expectTypeOf(createORPCClient<Client>(link)).toEqualTypeOf<Client>();
expectTypeOf(createORPCClient<Client>(socketLink)).toEqualTypeOf<Client>();

/** Result of a call. */
declare function given<T>(promise: Promise<T>): T;

for (const it of [client, socketClient]) {
  expectTypeOf(given(it.ping())).toEqualTypeOf<string>();
  expectTypeOf(given(it.nested.deep.ping())).toEqualTypeOf<string>();
  expectTypeOf(given(it.echo({ room: "r", text: "t", tags: [] }))).toEqualTypeOf<Echo>();
  expectTypeOf(given(it.echo({ room: "r", text: "t", tags: [] }))).toEqualTypeOf<{
    room: string;
    text: string;
    tags: string[];
  }>();
  expectTypeOf(given(it.publish({ at: "a", room: "r", text: "t" }))).toEqualTypeOf<boolean>();
  expectTypeOf(given(it.stream.live())).toEqualTypeOf<number>();
  expectTypeOf(given(it.errors.common({ code: "A" }))).toEqualTypeOf<void>();
  expectTypeOf(given(it.values.any())).toEqualTypeOf<unknown>();
  expectTypeOf(given(it.files.make({ size: 1, name: "n" }))).toEqualTypeOf<File>();
  expectTypeOf(given(it.account.whoAmI())).toEqualTypeOf<{ name: string }>();
}

expectTypeOf<Typed>().toEqualTypeOf<{
  big: bigint;
  when: Date;
  url: URL;
  pattern: RegExp;
  set: Set<string>;
  map: Map<string, number>;
  maybe?: Date | null | undefined;
  list: Date[];
  nan: number;
}>();
expectTypeOf<Shape>().toEqualTypeOf<{ kind: "circle"; radius: number } | { kind: "square"; side: number }>();
expectTypeOf<Count>().toEqualTypeOf<{ n: number }>();
expectTypeOf<DescribedUpload["more"][number]>().toEqualTypeOf<{
  name: string;
  type: string;
  size: number;
  sha256: string;
}>();

// The options that procedures accept, and no others.
type Options = FriendlyClientOptions<Record<never, never>>;
expectTypeOf<Options["signal"]>().toEqualTypeOf<AbortSignal | undefined>();
expectTypeOf<Options["lastEventId"]>().toEqualTypeOf<string | undefined>();
expectTypeOf<Parameters<typeof client.ping>>().toEqualTypeOf<[input?: undefined, options?: Options]>();
expectTypeOf<Parameters<typeof client.order>>().toEqualTypeOf<[input: Order, options?: Options]>();
expectTypeOf(client.echo).parameter(0).toEqualTypeOf<Echo>();
expectTypeOf<Parameters<typeof client.values.any>[0]>().toBeUnknown();
expectTypeOf(client.stream.sum).parameter(0).toEqualTypeOf<AsyncIteratorObject<number, unknown, void>>();

// Events can be sent by a generator.
client.stream.sum(
  (async function* () {
    yield 1;
    yield 2;
  })(),
);

const controller = new AbortController();
client.ping(undefined, { signal: controller.signal });
client.stream.ticks({ everyMs: 1 }, { lastEventId: "7", signal: controller.signal });

