// #region server
import { os, withEventMeta } from '@orpc/server'
import { RPCHandler } from '@orpc/server/fetch'
import { z } from 'zod'

const base = os.$context<{ user?: string }>().errors({ UNAUTHORIZED: {} })

const authenticated = base.use(({ context, next, errors }) => {
  if (context.user === undefined) throw errors.UNAUTHORIZED()
  return next({ context: { user: context.user } })
})

const NewPlanet = z.object({ title: z.string().min(1) })

const create = authenticated
  .input(NewPlanet)
  .handler(({ input, context }) => `${input.title} by ${context.user}`)

const find = authenticated
  .input(z.number().int().nonnegative())
  .errors({ NO_SUCH_PLANET: { status: 404, data: z.object({ id: z.number() }) } })
  .handler(({ input: id, errors }) => {
    if (id > 9) throw errors.NO_SUCH_PLANET({ data: { id } })
    return { id, title: `Planet ${id}` }
  })

const watch = authenticated.handler(async function* ({ lastEventId }) {
  const first = lastEventId === undefined ? 0 : Number(lastEventId) + 1
  for (let id = first; id < 3; id++) {
    yield withEventMeta({ id, title: `Planet ${id}` }, { id: String(id) })
  }
})

export const planets = { create, find, watch }

const handler = new RPCHandler(planets)

export async function serve(request: Request): Promise<Response> {
  const user = request.headers.get('authorization')?.replace('Bearer ', '')
  const { response } = await handler.handle(request, { prefix: '/rpc', context: { user } })
  return response ?? new Response(null, { status: 404 })
}
// #endregion server
