import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { Client } from './client'

// Browsers and Node 22 have a WebSocket of their own.
const websocket = new WebSocket('ws://127.0.0.1:3000/ws')
const client: Client = createORPCClient(new RPCLink({ websocket }))

console.log(await client.greet({ name: 'Ada' }))
