// #region issues
import { ORPCError } from '@orpc/client'
import { z } from 'zod'
import { api } from './api'
import { NewIssue } from './schemas'

const issues = z.object({
  issues: z.array(z.object({ message: z.string(), path: z.array(z.union([z.string(), z.number()])) })),
})

/** The issues of an input, by the paths of its members: those of the schema, otherwise those of the server. */
export async function create(input: NewIssue): Promise<Map<string, string> | number> {
  const parsed = NewIssue.safeParse(input)
  if (!parsed.success) return byPath(parsed.error.issues)
  try {
    return await api.create(parsed.data)
  } catch (error) {
    const found = error instanceof ORPCError ? issues.safeParse(error.data) : undefined
    if (!found?.success) throw error
    return byPath(found.data.issues)
  }
}

function byPath(issues: { message: string; path: PropertyKey[] }[]): Map<string, string> {
  return new Map(issues.map(({ message, path }) => [path.join('.'), message]))
}
// #endregion issues
