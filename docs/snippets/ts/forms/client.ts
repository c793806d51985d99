// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

export type NewIssue = {
  /**
   * @minLength 1
   * @maxLength 80
   */
  title: string;
  /**
   * From 1, which is urgent, to 5.
   *
   * @format uint8
   * @minimum 1
   * @maximum 5
   */
  priority: number;
  /** @format email */
  reporter?: string | null | undefined;
  due?: Date | null | undefined;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** Creates an issue and returns its number. */
  create: ProcedureClient<C, NewIssue, number, ThrowableError>;
};
