// #region server
import { ORPCError, os } from '@orpc/server'
import { z } from 'zod'

const base = os.$context<{ user?: string }>().errors({ UNAUTHORIZED: {} })

const authenticated = base.middleware(({ context, next, errors }) => {
  if (context.user === undefined) throw errors.UNAUTHORIZED()
  return next({ context: { user: context.user } })
})

const create = base
  .use(authenticated)
  .input(z.object({ title: z.string().min(1) }))
  .handler(({ input, context }) => `${input.title} by ${context.user}`)

export const planets = { create }
// #endregion server
