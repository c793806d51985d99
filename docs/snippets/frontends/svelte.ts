// #region store
import { readable } from 'svelte/store'
import type { Issue } from './client'
import { api } from './api'

/** The last event of a stream, which is read while a component shows it. */
export const liveIssue = (id: bigint) =>
  readable<Issue | undefined>(undefined, (set) => {
    const controller = new AbortController()
    const read = async () => {
      for await (const issue of await api.watch(id, { signal: controller.signal })) set(issue)
    }
    read().catch((error) => controller.signal.aborted || console.error(error))
    return () => controller.abort()
  })
// #endregion store
