import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { type Caller, callerHeaders } from "../rpc";
import type { Transport } from "./transport";

/** Calls over HTTP, events as server-sent events. */
export function sseTransport(): Transport {
  const link = new RPCLink<Caller>({
    url: new URL("/rpc", window.location.origin),
    headers: ({ context }) => callerHeaders(context),
  });
  return {
    rpc: createORPCClient(link),
    // Every call is a request of its own: there is nothing to share.
    open: () => Promise.resolve(),
    close: () => {},
  };
}
