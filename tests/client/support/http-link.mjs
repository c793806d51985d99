import { RPCLink } from "@orpc/client/fetch";

/** Reaches the server by HTTP through the official link. */
export const httpLink = (origin, options) => ({
  link: new RPCLink({ url: `${origin}/rpc`, ...options }),
  close: () => {},
});
