import { createORPCClient } from '@orpc/client'
import { ClientRetryPlugin, type ClientRetryPluginContext } from '@orpc/client/plugins'
import { RPCLink } from '@orpc/client/websocket'
import { WebSocket } from 'partysocket'
import type { Client } from './client'

// Opens another socket when one breaks; the plugin repeats what broke with it.
const websocket = new WebSocket('ws://127.0.0.1:3000/ws')
const link = new RPCLink<ClientRetryPluginContext>({ websocket, plugins: [new ClientRetryPlugin()] })
export const client: Client<ClientRetryPluginContext> = createORPCClient(link)
