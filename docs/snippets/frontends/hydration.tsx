// #region page
import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import { headers } from 'next/headers'
import { createQueryClient } from './query-client'
import { apiOf } from './server'
import { IssueTitle } from './title'

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const id = BigInt((await params).id)
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
