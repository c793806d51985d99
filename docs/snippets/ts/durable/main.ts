// #region client
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import { DurableIteratorLinkPlugin } from '@orpc-rust/durable-iterator'
import type { Client } from './client'

const link = new RPCLink({
  url: 'https://api.example/rpc',
  plugins: [
    new DurableIteratorLinkPlugin({
      url: 'wss://api.example/durable',
      refreshTokenBeforeExpireInSeconds: 600,
      onGap: (gap) => console.warn(`events behind ${gap.last} are missing: ${gap.reason}`),
    }),
  ],
})
const client: Client = createORPCClient(link)

const room = await client.open({ room: 'lobby', name: 'Ada' })
await room.say({ text: 'hi' })
for await (const message of room) console.log(message.from, message.text)
// #endregion client
