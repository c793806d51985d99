import { createORPCClient, type InferClientOutputs } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import type { Client } from "./client";

const link = new RPCLink({ url: new URL("/rpc", window.location.origin) });

export const rpc: Client = createORPCClient(link);

type Stream = InferClientOutputs<Client>["chat"]["onMessage"];

/** Derived from the client, so that the page follows whatever the server declares. */
export type ChatMessage = Stream extends AsyncIterable<infer Message> ? Message : never;
