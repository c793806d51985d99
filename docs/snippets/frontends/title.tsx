'use client'

import { useQuery } from '@tanstack/react-query'
import { orpc } from './query'

export function IssueTitle({ id }: { id: bigint }) {
  const issue = useQuery(orpc.find.queryOptions({ input: id }))
  return <h1>{issue.data?.title}</h1>
}
