// #region api
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client'

export const api: Client = createORPCClient(new RPCLink({ url: () => new URL('/rpc', location.href) }))
// #endregion api
