// #region issues
import { createORPCClient, ORPCError, safe } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client'

const client: Client = createORPCClient(new RPCLink({ url: 'http://127.0.0.1:3000/rpc' }))

type Issue = { message: string; path: (string | number)[] }

const items = [{ sku: 'ABC-1', quantity: 0 }]
const { error } = await safe(client.order({ email: 'ada@example.com', items }))
if (error instanceof ORPCError && error.code === 'BAD_REQUEST') {
  const { issues = [] } = (error.data ?? {}) as { issues?: Issue[] }
  for (const issue of issues) console.log(issue.path.join('.'), issue.message)
}
// #endregion issues
