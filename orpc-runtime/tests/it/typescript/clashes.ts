// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

/** Called like one of JavaScript's own. */
export type AdminDate = {
  /** @format uint8 */
  day: number;
};

/** Called like what the other one is named for its use. */
export type AdminUserInput = { text: string };

export type ChatUser = { nick: string };

export type ClashesAdminUserInput = {
  /** @format uint32 */
  id: number;
  note?: string | null | undefined;
};

export type ClashesAdminUserOutput = {
  /** @format uint32 */
  id: number;
  note: string | null;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  first: ProcedureClient<C, ChatUser, ChatUser, ThrowableError>;
  second: ProcedureClient<C, ClashesAdminUserInput, ClashesAdminUserOutput, ThrowableError>;
  third: ProcedureClient<C, AdminDate, AdminUserInput, ThrowableError>;
};
