import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { ClientRetryPlugin, type ClientRetryPluginContext } from "@orpc/client/plugins";
import { createTanstackQueryUtils } from "@orpc/tanstack-query";
import type { Client } from "../client";
import { fetchWithProgress } from "./fetchWithProgress";

/** Options of one call. */
export type CallContext = ClientRetryPluginContext & {
  /** Told which share of the request is sent, from 0 to 1. */
  onProgress?: (share: number) => void;
};

const link = new RPCLink<CallContext>({
  url: () => new URL("/rpc", location.href).href,
  fetch: (request, init, { context }) =>
    context.onProgress ? fetchWithProgress(request, context.onProgress) : fetch(request, init),
  plugins: [new ClientRetryPlugin()],
});

/** The procedures of the server. `client.ts` is written by its build. */
export const rpc: Client<CallContext> = createORPCClient(link);

/** The same as options of TanStack Query. */
export const orpc = createTanstackQueryUtils(rpc);
