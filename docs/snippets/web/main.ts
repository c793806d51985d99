import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client'

const client: Client = createORPCClient(new RPCLink({ url: 'http://127.0.0.1:3000/rpc' }))

console.log(await client.greet({ name: 'Ada' })) // "Hello, Ada!"
for await (const n of await client.countdown(3)) console.log(n) // 2, 1, 0
