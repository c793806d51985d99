// #region query
import { isDefinedError } from '@orpc/client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { orpc } from './query'

export function IssueTitle({ id }: { id: bigint }) {
  const queries = useQueryClient()
  const issue = useQuery(orpc.find.queryOptions({ input: id }))
  const rename = useMutation(
    orpc.rename.mutationOptions({
      // The pages that list it, and the issue itself.
      onSuccess: () => queries.invalidateQueries({ queryKey: orpc.key() }),
    }),
  )

  if (issue.error) return isDefinedError(issue.error) ? issue.error.code : issue.error.message
  if (!issue.data) return 'Loading'
  return (
    <button onClick={() => rename.mutate({ id, title: 'Renamed' })}>
      {issue.data.title}, {issue.data.comments} comments
    </button>
  )
}
// #endregion query

// #region pages
import { useInfiniteQuery } from '@tanstack/react-query'

export function IssueList() {
  const issues = useInfiniteQuery(
    orpc.list.infiniteOptions({
      input: (after: bigint | undefined) => ({ after: after ?? null }),
      initialPageParam: undefined,
      getNextPageParam: (page) => page.next ?? undefined,
    }),
  )
  const items = issues.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <ul onScroll={() => issues.fetchNextPage()}>
      {items.map((issue) => (
        <li key={String(issue.id)}>{issue.title}</li>
      ))}
    </ul>
  )
}
// #endregion pages

// #region live
export function LiveTitle({ id }: { id: bigint }) {
  // The last event of the stream.
  const issue = useQuery(orpc.watch.experimental_liveOptions({ input: id, retry: true }))
  return issue.data?.title
}
// #endregion live
