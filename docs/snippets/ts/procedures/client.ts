// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

export type Search = {
  /**
   * @minLength 1
   * @maxLength 80
   */
  searchText: string;
  /**
   * @default null
   * @format uint8
   */
  limit?: number | null | undefined;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  products: {
    /** Finds products by a part of their name. */
    search: ProcedureClient<C, Search, string[], ThrowableError>;
    /** The product of the day. Browsers and caches may ask for it with GET. */
    today: ProcedureClient<C, undefined, string | null, ThrowableError>;
  };
  health: {
    /** Answers as long as the server runs. */
    ping: ProcedureClient<C, undefined, string, ThrowableError>;
  };
};
