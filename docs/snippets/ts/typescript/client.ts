// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";
import type { Money } from './money'

export type Price = {
  /**
   * Minor units, such as cents.
   *
   * @format uint32
   */
  amount: Money;
  /**
   * @minLength 3
   * @maxLength 3
   */
  currency: string;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** The price of a product. */
  priceOf: ProcedureClient<C, number, Price, ThrowableError>;
};
