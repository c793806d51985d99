// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

export type NewProject = {
  /**
   * @minLength 1
   * @maxLength 80
   */
  name: string;
};

export type Project = {
  /** @format uint32 */
  id: number;
  name: string;
  owner: string;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  find: ProcedureClient<
    C,
    number,
    Project,
      | ORPCError<
          "NO_SUCH_PROJECT",
          {
            /** @format uint32 */
            id: number;
          }
        >
      | ThrowableError
  >;
  create: ProcedureClient<C, NewProject, Project, ThrowableError>;
  /** Each new project. */
  created: ProcedureClient<C, undefined, AsyncIteratorClass<Project, void, void>, ThrowableError>;
};
