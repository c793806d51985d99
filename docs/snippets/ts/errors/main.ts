// #region safe
import { createORPCClient, isDefinedError, safe } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client'

const client: Client = createORPCClient(new RPCLink({ url: 'http://127.0.0.1:3000/rpc' }))

const { error } = await safe(client.send({ text: 'again' }))
if (isDefinedError(error)) {
  if (error.code === 'RATE_LIMITED') {
    console.log(`${error.message}: try again in ${error.data.retryAfter} s`) // Slow down: try again in 7 s
  } else {
    console.log(error.code) // 'BAD_REQUEST'
  }
} else if (error) {
  console.log('failed', error.message)
}
// #endregion safe
