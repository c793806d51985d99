// #region read
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import { ClientRetryPlugin, type ClientRetryPluginContext } from '@orpc/client/plugins'
import type { Client } from './client'

const link = new RPCLink<ClientRetryPluginContext>({
  url: 'http://127.0.0.1:3000/rpc',
  plugins: [new ClientRetryPlugin()],
})
const client: Client<ClientRetryPluginContext> = createORPCClient(link)

for await (const n of await client.count(3)) console.log(n)

// Leaving the loop, or aborting the signal, drops the stream on the server.
const controller = new AbortController()
const ticks = await client.ticks(undefined, {
  signal: controller.signal,
  context: { retry: Number.POSITIVE_INFINITY }, // reconnects with the last event id
})
for await (const tick of ticks) if (tick.n === 5) break
// #endregion read

// #region consume
import { consumeEventIterator } from '@orpc/client'

export const stop = consumeEventIterator(client.sums(10), {
  onEvent: (sum) => console.log(sum),
  onError: (error) => console.log(error.message),
  onSuccess: (returned) => console.log(returned), // "complete"
})
// `await stop()` ends the iterator early.
// #endregion consume
