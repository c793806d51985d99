import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client'

const link = new RPCLink({
  url: 'http://127.0.0.1:3000/rpc',
  // `products.today` and `health.ping` allow GET; every other call is a POST.
  method: (_, path) => (['today', 'ping'].includes(path.at(-1) ?? '') ? 'GET' : 'POST'),
  headers: () => ({ 'accept-language': 'en' }),
})
const client: Client = createORPCClient(link)

const names: string[] = await client.products.search({ searchText: 'shoes', limit: 5 })
const today: string | null = await client.products.today()
console.log(names, today, await client.health.ping())
