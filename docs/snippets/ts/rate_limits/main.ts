// #region limited
import { createORPCClient, isDefinedError, safe } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import { RetryAfterPlugin } from '@orpc/client/plugins'
import type { Client } from './client'

const link = new RPCLink({
  url: 'http://127.0.0.1:3000/rpc',
  plugins: [new RetryAfterPlugin({ timeout: 10_000 })], // waits, if it is not longer than that
})
const client: Client = createORPCClient(link)

const { error } = await safe(client.send('hello'))
if (isDefinedError(error)) console.log(new Date(error.data.reset))
// #endregion limited
