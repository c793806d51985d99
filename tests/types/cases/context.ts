// A client can have a context of its own, such as that of the plugin that calls again.
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { ClientRetryPlugin, type ClientRetryPluginContext } from "@orpc/client/plugins";
import { RPCLink as SocketLink } from "@orpc/client/websocket";
import { expectTypeOf } from "expect-type";
import type { Client } from "../../conformance/client.ts";

type Retrying = Client<ClientRetryPluginContext>;

const link = new RPCLink<ClientRetryPluginContext>({
  url: "http://localhost/rpc",
  plugins: [new ClientRetryPlugin({ default: { retry: 1 } })],
});
export const client: Retrying = createORPCClient(link);
export const socketClient: Retrying = createORPCClient(
  new SocketLink<ClientRetryPluginContext>({
    websocket: new WebSocket("ws://localhost/ws"),
    plugins: [new ClientRetryPlugin()],
  }),
);
expectTypeOf(createORPCClient<Retrying>(link)).toEqualTypeOf<Retrying>();

// All of that context is optional, and so is the context.
client.ping();
client.ping(undefined, { context: { retry: 3 } });
client.stream.ticks({ everyMs: 1 }, { context: { retry: Number.POSITIVE_INFINITY, retryDelay: 10 }, lastEventId: "1" });
// @ts-expect-error a number, or what gives one
client.ping(undefined, { context: { retry: "3" } });
// @ts-expect-error nothing of that name
client.ping(undefined, { context: { retries: 3 } });

// A context with something that is needed is needed.
declare const tenants: Client<{ tenant: string }>;
tenants.ping(undefined, { context: { tenant: "a" } });
// @ts-expect-error no context
tenants.ping();
// @ts-expect-error no tenant
tenants.ping(undefined, { context: {} });

// A client that wants a context has no use for a link that reads none.
// @ts-expect-error another context
createORPCClient<Client<{ tenant: string }>>(new RPCLink<{ other: number }>({ url: "http://localhost/rpc" }));
