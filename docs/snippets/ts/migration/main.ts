import { createORPCClient, isDefinedError, safe } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client' // before: RouterClient<typeof router>

// #region client
const client: Client = createORPCClient(new RPCLink({ url: () => new URL('/rpc', location.href) }))

const { data, error } = await safe(client.create({ title: 'Mars' }))
if (isDefinedError(error)) console.log(error.code) // 'UNAUTHORIZED'
else console.log(data)
// #endregion client
