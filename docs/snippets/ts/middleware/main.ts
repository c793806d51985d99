// #region headers
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client'

let token = 'Ada'
const link = new RPCLink({
  url: 'http://127.0.0.1:3000/rpc',
  headers: () => ({ authorization: `Bearer ${token}` }),
})
const client: Client = createORPCClient(link)

console.log(await client.whoAmI()) // "Ada"
// #endregion headers
