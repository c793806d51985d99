// #region values
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { Client } from './client'

const client: Client = createORPCClient(new RPCLink({ url: 'http://127.0.0.1:3000/rpc' }))

const booking = await client.book({
  id: 9007199254740993n,
  count: 2,
  price: 12n,
  seats: new Set([1, 2]),
  from: new Date('2026-01-01'),
  to: new Date('2026-01-02'),
})
const from: Date = booking.from
const seats: Set<number> = booking.seats
console.log(from, seats)
// #endregion values

// #region files
const file = new File(['abc'], 'notes.txt', { type: 'text/plain' })
const size = await client.upload({ title: 'Notes', file, more: [] })
const report: File = await client.report()
console.log(size.bytes, await report.text())
// #endregion files
