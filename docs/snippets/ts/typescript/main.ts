// #region custom
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client'
import type { Money } from './money'

const client: Client = createORPCClient(new RPCLink({ url: 'http://127.0.0.1:3000/rpc' }))

const price = await client.priceOf(7)
const amount: Money = price.amount
console.log(amount) // 700
// #endregion custom
