// #region server
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client'

/** A client for one request of a page, with the cookies of its browser. */
export function apiOf(request: Headers): Client {
  const cookie = request.get('cookie')
  return createORPCClient(
    new RPCLink({
      url: 'http://127.0.0.1:3000/rpc',
      headers: cookie === null ? {} : { cookie },
    }),
  )
}
// #endregion server
