// #region mock
import type { Client } from './client'

/** A client for tests of a page: the type holds the mock to the server's procedures. */
export const client: Client = {
  greet: async (name) => `Hello, ${name}!`,
}
// #endregion mock
