import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { Client } from './client'

type Message = { p?: { notice?: { welcome: string } } }

const websocket = new WebSocket('ws://127.0.0.1:3000/ws')
websocket.addEventListener('message', ({ data }) => {
  if (typeof data !== 'string') return
  const { p } = JSON.parse(data) as Message
  if (p?.notice) console.log(`Welcome, ${p.notice.welcome}`)
})

const client: Client = createORPCClient(new RPCLink({ websocket }))
await client.introduce('Ada') // Welcome, Ada
