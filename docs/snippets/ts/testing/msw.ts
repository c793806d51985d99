// #region msw
import { implement, ORPCError } from '@orpc/server'
import { RPCHandler } from '@orpc/server/fetch'
import { http } from 'msw'
import { setupServer } from 'msw/node'
import { contract } from './contract' // generated

const os = implement(contract)

const mock = new RPCHandler(
  os.router({
    greet: os.greet.handler(({ input }) => {
      if (input === '') throw new ORPCError('BAD_REQUEST')
      return `Hello, ${input}!`
    }),
  }),
)

/** Answers all calls below `/rpc`, whichever code of the page sends them. */
export const server = setupServer(
  http.all('*/rpc/*', async ({ request }) => {
    const { response } = await mock.handle(request, { prefix: '/rpc' })
    return response ?? new Response(null, { status: 404 })
  }),
)
// #endregion msw
