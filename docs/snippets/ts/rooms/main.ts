// #region read
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { Client } from './client'

const websocket = new WebSocket('ws://127.0.0.1:3000/ws?name=Ada')
const client: Client = createORPCClient(new RPCLink({ websocket }))

const messages = await client.onMessage() // the same as an iterator that does not hibernate
await client.send('hi')
for await (const message of messages) console.log(message)
// #endregion read
