// #region colada
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import type { Ref } from 'vue'
import { api } from './api'

/** For the `setup` of a component. Keys are JSON, so a bigint is written as text. */
export function useIssue(id: Ref<bigint>) {
  const cache = useQueryCache()
  const issue = useQuery({ key: () => ['issues', String(id.value)], query: () => api.find(id.value) })
  const rename = useMutation({
    mutation: (title: string) => api.rename({ id: id.value, title }),
    onSettled: () => cache.invalidateQueries({ key: ['issues'] }),
  })
  return { issue, rename }
}
// #endregion colada
