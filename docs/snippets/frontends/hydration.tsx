// #region client
import { QueryClient } from '@tanstack/react-query'
import { queryKeyHashFn, serializer } from './query'

/** For each request on the server, and once in the browser. */
export function createQueryClient() {
  return new QueryClient({
    defaultOptions: {
      // Data of the server is not fetched again at once.
      queries: { queryKeyHashFn, staleTime: 60_000 },
      dehydrate: {
        serializeData(data) {
          const [json, meta] = serializer.serialize(data)
          return { json, meta }
        },
      },
      hydrate: {
        deserializeData: ({ json, meta }) => serializer.deserialize(json, meta),
      },
    },
  })
}
// #endregion client

// #region page
import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import { headers } from 'next/headers'
import { apiOf } from './server'
import { IssueTitle } from './title'

export default async function Page({ id }: { id: bigint }) {
  const queries = createQueryClient()
  const orpc = createTanstackQueryUtils(apiOf(await headers()))
  await queries.prefetchQuery(orpc.find.queryOptions({ input: id }))
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <IssueTitle id={id} />
    </HydrationBoundary>
  )
}
// #endregion page
