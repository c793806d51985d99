// #region client
import { createORPCClient, isDefinedError, safe } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client' // before: RouterClient<typeof router>

const link = new RPCLink({ url: 'http://127.0.0.1:3000/rpc', headers: { authorization: 'Bearer ada' } })
const client: Client = createORPCClient(link)

const { data, error } = await safe(client.find(10))
if (isDefinedError(error)) console.log(error.code) // 'NO_SUCH_PLANET', or 'UNAUTHORIZED' without the header
else console.log(data?.title)

for await (const planet of await client.watch()) console.log(planet.title)
// #endregion client
