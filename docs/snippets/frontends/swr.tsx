// #region swr
import useSWR from 'swr'
import useSWRMutation from 'swr/mutation'
import { api } from './api'

export function IssueTitle({ id }: { id: bigint }) {
  // SWR writes bigints in keys itself.
  const issue = useSWR(['issues.find', id], () => api.find(id))
  const rename = useSWRMutation(['issues.find', id], (_, { arg }: { arg: string }) => api.rename({ id, title: arg }))
  return <button onClick={() => rename.trigger('Renamed')}>{issue.data?.title ?? 'Loading'}</button>
}
// #endregion swr
