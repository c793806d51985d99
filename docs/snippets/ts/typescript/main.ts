import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client'
import type { Money } from './money'

const client: Client = createORPCClient(new RPCLink({ url: () => new URL('/rpc', location.href) }))

// #region custom
const price = await client.priceOf(7)
const amount: Money = price.amount
// #endregion custom
console.log(amount)
