// #region batch
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import { BatchLinkPlugin } from '@orpc/client/plugins'
import type { Client } from './client'

/** Calls that set cookies. */
const alone = ['signIn', 'signOut']

const link = new RPCLink({
  url: new URL('/rpc', location.href),
  plugins: [
    new BatchLinkPlugin({
      groups: [{ condition: () => true, context: {} }],
      exclude: ({ path }) => alone.includes(path.join('.')),
    }),
  ],
})
export const client: Client = createORPCClient(link)
// #endregion batch
