// #region read
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import { ClientRetryPlugin, type ClientRetryPluginContext } from '@orpc/client/plugins'
import type { Client } from './client'

const link = new RPCLink<ClientRetryPluginContext>({
  url: 'http://127.0.0.1:3000/rpc',
  plugins: [new ClientRetryPlugin({ default: { retry: Number.POSITIVE_INFINITY } })],
})
const client: Client<ClientRetryPluginContext> = createORPCClient(link)

// Reconnects, resumes, and goes on behind gaps.
const messages = await client.onMessage(undefined, {
  context: {
    onRetry: ({ error }) => {
      if (error instanceof Error) console.log('reconnecting', error.message)
    },
  },
})
for await (const message of messages) console.log(message.text)
// #endregion read

// #region gap
import { getEventMeta, ORPCError, safe } from '@orpc/client'

/** Without retries: returns the id behind which the next call continues. */
async function readOnce(lastEventId: string | undefined): Promise<string | undefined> {
  const messages = await client.onMessage(undefined, { lastEventId, context: { retry: 0 } })
  while (true) {
    const { data, error } = await safe(messages.next())
    if (error instanceof ORPCError && error.code === 'EVENT_GAP') return error.data.resume
    if (error || data.done) return lastEventId
    console.log(data.value.text)
    lastEventId = getEventMeta(data.value)?.id ?? lastEventId
  }
}

await readOnce(await readOnce(undefined))
// #endregion gap
