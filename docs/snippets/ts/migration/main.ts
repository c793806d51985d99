import { createORPCClient, isDefinedError, safe } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client' // before: RouterClient<typeof router>

// #region client
const client: Client = createORPCClient(new RPCLink({ url: () => new URL('/rpc', location.href) }))

const { data, error } = await safe(client.find(10))
if (isDefinedError(error)) console.log(error.code) // 'UNAUTHORIZED' or 'NO_SUCH_PLANET'
else console.log(data?.title)

for await (const planet of await client.watch()) console.log(planet.title)
// #endregion client
