// #region react
import { useEffect, useState } from 'react'
import type { Issue } from './client'
import { api } from './api'

/** The last event of a stream, without a library. */
export function useLiveIssue(id: bigint): Issue | undefined {
  const [issue, setIssue] = useState<Issue>()
  useEffect(() => {
    const controller = new AbortController()
    const read = async () => {
      for await (const next of await api.watch(id, { signal: controller.signal })) setIssue(next)
    }
    read().catch((error) => controller.signal.aborted || console.error(error))
    return () => controller.abort()
  }, [id])
  return issue
}
// #endregion react
