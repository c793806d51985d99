import { StandardRPCJsonSerializer } from '@orpc/client/standard'
import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import { api } from './api'

export const orpc = createTanstackQueryUtils(api)

export const serializer = new StandardRPCJsonSerializer()

/** The hash of a key with values that JSON lacks, such as bigints and dates. */
export const queryKeyHashFn = (key: readonly unknown[]) => JSON.stringify(serializer.serialize(key))
