// #region read
import { createORPCClient } from '@orpc/client'
import { ClientRetryPlugin, type ClientRetryPluginContext } from '@orpc/client/plugins'
import { RPCLink } from '@orpc/client/websocket'
import type { Client } from './client'

const websocket = new WebSocket('ws://127.0.0.1:3000/ws') // or one that reconnects
const plugins = [new ClientRetryPlugin<ClientRetryPluginContext>({ default: { retry: Number.POSITIVE_INFINITY } })]
const client: Client<ClientRetryPluginContext> = createORPCClient(new RPCLink({ websocket, plugins }))

// Resumes, and goes on behind gaps.
for await (const price of await client.onPrice()) console.log(price.cents)
// #endregion read
