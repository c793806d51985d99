// #region page
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { connect } from './page'
import type { Client } from './client'

const worker = new Worker('/notes/worker.js', { type: 'module' })
const port = connect(worker)
const client: Client = createORPCClient(new RPCLink({ port }))

console.log(await client.countWords('one two')) // 2
for await (const second of await client.seconds()) if (second === 3) break
// #endregion page

// #region shared
// All pages of the origin have one worker, which ends with the last of them.
const shared = connect(new SharedWorker('/notes/worker.js', { type: 'module', name: 'notes' }))
// #endregion shared

// #region relay
// Another frame or worker gets a port of its own, without a way through the page.
const { port1, port2 } = new MessageChannel()
worker.postMessage(port2, [port2])
declare const frame: Window
frame.postMessage('a port to the notes', location.origin, [port1])
// #endregion relay

// #region objects
// Messages are objects, which the browser clones, instead of text.
const objects = new RPCLink({ port, experimental_transfer: () => [] })
// #endregion objects

// #region end
port.addEventListener('close', () => console.log('the worker has closed the port'))
port.close() // ends the calls on both sides
// #endregion end
export { objects, shared }
