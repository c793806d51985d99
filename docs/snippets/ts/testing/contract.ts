// The types of the server's procedures. Generated from its Rust code: change that instead.

import { oc, type } from "@orpc/contract";

/** The contract of the server's procedures. */
export const contract = {
  /** Greets somebody. */
  greet: oc
    .input(type<string>())
    .output(type<string>()),
};
