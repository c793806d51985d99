// #region component
import { QueryClient, QueryClientProvider, useMutation, useQuery, useQueryClient } from '@tanstack/solid-query'
import { Show } from 'solid-js'
import { orpc, queryKeyHashFn } from './query'

export function IssueTitle(props: { id: bigint }) {
  const queries = useQueryClient()
  const issue = useQuery(() => orpc.find.queryOptions({ input: props.id }))
  const live = useQuery(() => orpc.watch.experimental_liveOptions({ input: props.id }))
  const rename = useMutation(() =>
    orpc.rename.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: orpc.find.key() }),
    }),
  )
  return (
    <Show when={issue.data} fallback={issue.error?.message}>
      {(found) => (
        <button onClick={() => rename.mutate({ id: props.id, title: 'Renamed' })}>
          {live.data?.title ?? found().title}, {found().comments} comments
        </button>
      )}
    </Show>
  )
}

const client = new QueryClient({ defaultOptions: { queries: { queryKeyHashFn } } })

export const App = () => (
  <QueryClientProvider client={client}>
    <IssueTitle id={1n} />
  </QueryClientProvider>
)
// #endregion component
