// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

export type Issue = {
  /**
   * A `bigint` in TypeScript, since all 64 bits may be used.
   *
   * @format uint64
   */
  id: bigint;
  /**
   * A `number`: it stays below 2^53, which is checked.
   *
   * @minimum 0
   * @multipleOf 1
   */
  comments: number;
  title: string;
};

export type Issues = {
  items: Issue[];
  /** @format uint64 */
  next: bigint | null;
};

export type Page = {
  /** @format uint64 */
  after?: bigint | null | undefined;
};

export type Rename = {
  /** @format uint64 */
  id: bigint;
  title: string;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  find: ProcedureClient<C, bigint, Issue, ORPCError<"NO_SUCH_ISSUE", undefined> | ThrowableError>;
  list: ProcedureClient<C, Page, Issues, ThrowableError>;
  rename: ProcedureClient<C, Rename, Issue, ThrowableError>;
  /** The issue, and again whenever it changes. */
  watch: ProcedureClient<C, bigint, AsyncIteratorClass<Issue, void, void>, ThrowableError>;
};
