// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

export type Item = {
  /** @pattern ^[A-Z]{3}-\d{4}$ */
  sku: string;
  /**
   * @format uint16
   * @minimum 1
   * @maximum 999
   */
  quantity: number;
};

export type Order = {
  /** @format email */
  email: string;
  /**
   * @minItems 1
   * @maxItems 100
   */
  items: Item[];
  /** @default null */
  note?: string | null | undefined;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** Returns the lines of the confirmation. */
  order: ProcedureClient<C, Order, string[], ThrowableError>;
};
