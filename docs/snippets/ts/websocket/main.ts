// #region input
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { Client } from './client'

const websocket = new WebSocket('ws://127.0.0.1:3000/ws')
const client: Client = createORPCClient(new RPCLink({ websocket }))

async function* numbers() {
  yield 1
  yield 2
}

console.log(await client.sum(numbers())) // 3
// #endregion input
