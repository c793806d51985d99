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
