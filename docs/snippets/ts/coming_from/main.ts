// #region client
import { createORPCClient, isDefinedError, safe } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client' // generated

const client: Client = createORPCClient(
  new RPCLink({ url: 'http://127.0.0.1:3000/rpc', headers: { authorization: 'Bearer ada' } }),
)

await client.create({ name: 'Engine' })
const { data: project, error } = await safe(client.find(2))
if (isDefinedError(error)) console.log(error.code, error.data.id) // 'NO_SUCH_PROJECT', 2
else console.log(project?.name)
for await (const next of await client.created()) console.log(next.name)
// #endregion client
