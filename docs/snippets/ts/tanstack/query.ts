// #region utils
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import type { Client } from './client'

const client: Client = createORPCClient(new RPCLink({ url: 'http://127.0.0.1:3000/rpc' }))

export const orpc = createTanstackQueryUtils(client)
// #endregion utils

// #region hash
import { StandardRPCJsonSerializer } from '@orpc/client/standard'
import { hashKey, QueryClient, type QueryKey } from '@tanstack/react-query'

const serializer = new StandardRPCJsonSerializer()

/** The hash of a key with values that JSON lacks, such as bigints and dates. */
export function queryKeyHashFn(key: QueryKey): string {
  const [json, types] = serializer.serialize(key)
  return hashKey([json, types])
}

export const queryClient = new QueryClient({ defaultOptions: { queries: { queryKeyHashFn } } })
// #endregion hash
