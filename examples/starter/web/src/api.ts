import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import type { Client } from "./client";

/** The procedures of the server. `client.ts` is written by its build. */
export const api: Client = createORPCClient(
  new RPCLink({ url: () => new URL("/rpc", location.href).href }),
);
