// #region origin
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client'

const link = new RPCLink({
  url: 'https://api.app.example/rpc',
  fetch: (request, init) => fetch(request, { ...init, credentials: 'include' }), // sends cookies
})
export const client: Client = createORPCClient(link)
// #endregion origin
