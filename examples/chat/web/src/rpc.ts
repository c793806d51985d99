import type { InferClientOutputs } from "@orpc/client";
import type { Client } from "./client";

export type { Client } from "./client";

type Stream = InferClientOutputs<Client>["chat"]["onMessage"];

/** Derived from the client, so that the page follows whatever the server declares. */
export type RoomEvent = Stream extends AsyncIterable<infer Event> ? Event : never;
