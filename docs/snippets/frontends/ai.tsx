// #region chat
import { useChat } from '@ai-sdk/react'
import { createORPCClient, eventIteratorToUnproxiedDataStream } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { ChatTransport, UIMessage } from 'ai'
import { useState } from 'react'
import type { Client } from './assistant'

const api: Client = createORPCClient(new RPCLink({ url: () => new URL('/rpc', location.href) }))

const transport: ChatTransport<UIMessage> = {
  async sendMessages({ messages, abortSignal }) {
    const chunks = await api.chat({ messages }, { signal: abortSignal })
    return eventIteratorToUnproxiedDataStream(chunks)
  },
  reconnectToStream: async () => null,
}

export function Chat() {
  const { messages, sendMessage, status } = useChat({ transport })
  const [text, setText] = useState('')
  return (
    <form onSubmit={(event) => (event.preventDefault(), sendMessage({ text }), setText(''))}>
      {messages.map((message) => (
        <p key={message.id}>{message.parts.map((part) => (part.type === 'text' ? part.text : ''))}</p>
      ))}
      <input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} />
      <button disabled={status !== 'ready'}>Send</button>
    </form>
  )
}
// #endregion chat
