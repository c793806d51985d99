// Floods the conformance server and prints its resident memory: before each flood, at
// its peak, and when the deadlines have passed. Linux only, no packages.
//
//   cargo build --release -p conformance
//   node tests/flood/flood.mjs target/release/conformance [name of a flood]
//
// `SCALE` multiplies the numbers of connections (1 by default), `WAIT` is the number of
// seconds until the server is measured again (100 by default: beyond all deadlines).
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import net from 'node:net'

const server = process.argv[2] ?? 'target/release/conformance'
const only = process.argv[3]
const scale = Number(process.env.SCALE ?? 1)
const wait = Number(process.env.WAIT ?? 100)
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
const count = (number) => Math.max(1, Math.round(number * scale))

/** Starts a server. */
async function start() {
  const child = spawn(server, { env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'ignore'] })
  const port = await new Promise((done, fail) => {
    child.stdout.on('data', (text) => {
      const match = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text)
      if (match) done(Number(match[1]))
    })
    child.on('exit', () => fail(new Error(`${server} ends`)))
  })
  const memory = (field) => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)[1]) / 1024)
  }
  const threads = () => Number(/Threads:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1])
  return { port, memory, threads, stop: () => child.kill('SIGKILL') }
}

/** A connection that sends bytes and, by default, reads nothing. */
function connect(port, bytes, { reads = false } = {}) {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.isOpen = true
    socket.received = ''
    socket.on('error', () => {})
    socket.on('close', () => { socket.isOpen = false; done(socket) })
    socket.on('connect', () => {
      socket.write(bytes, () => done(socket))
      if (reads) socket.on('data', (data) => { socket.received = (socket.received + data).slice(-200) })
      else socket.pause()
    })
  })
}

const post = (path, body, headers = '') =>
  `POST /rpc/${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

const handshake = (path = '/ws', headers = '') =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`

/** A masked frame of text; with `length` the header of a longer one. */
function frame(payload, { length = payload.length, first = 0x81 } = {}) {
  const head = length < 126 ? Buffer.from([first, 0x80 | length])
    : length < 65536 ? Buffer.from([first, 0xfe, length >> 8, length & 255])
    : Buffer.concat([Buffer.from([first, 0xff]), (() => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(length)); return b })()])
  return Buffer.concat([head, Buffer.alloc(4), Buffer.from(payload)])
}

async function publish(port, channel, bytes) {
  const body = JSON.stringify({ json: { channel, payload: { text: 'x'.repeat(bytes) } } })
  const socket = await connect(port, post('publisher/publish', body), { reads: true })
  for (let turn = 0; turn < 200 && !socket.received; turn++) await sleep(20)
  socket.destroy()
}

const subscribe = (id, headers) =>
  frame(JSON.stringify({ i: String(id), p: { u: '/publisher/subscribe', b: { json: { channel: 'flood' } }, h: headers } }))

/** The floods: each gives its connections. */
const floods = {
  'readers of events that stop reading (500)': async ({ port }) => {
    const body = JSON.stringify({ json: { channel: 'flood' } })
    const all = []
    for (let n = 0; n < count(500); n++) all.push(await connect(port, post('publisher/subscribe', body)))
    await sleep(500)
    for (let n = 0; n < 8; n++) await publish(port, 'flood', 1_000_000)
    return all
  },
  'sockets with 128 resumed reads of events of 1 MB (30)': async ({ port }) => {
    for (let n = 0; n < 8; n++) await publish(port, 'flood', 1_000_000)
    const calls = Buffer.concat(Array.from({ length: 128 }, (_, id) => subscribe(id, { 'last-event-id': '0' })))
    const all = []
    for (let n = 0; n < count(30); n++) {
      const socket = await connect(port, handshake())
      socket.write(calls)
      all.push(socket)
    }
    return all
  },
  'sockets with 128 streams that carry 1 MB of headers each (4)': async ({ port }) => {
    const call = (id) => frame(JSON.stringify({ i: String(id), p: { u: '/chat/onMessage', h: { x: 'h'.repeat(1_000_000) } } }))
    const all = []
    for (let n = 0; n < count(4); n++) {
      const socket = await connect(port, handshake(), { reads: true })
      for (let id = 0; id < 128; id++) await new Promise((done) => socket.write(call(id), () => done()))
      all.push(socket)
    }
    return all
  },
  'calls that wait with inputs of 1 MB (4 sockets, 64 calls)': async ({ port }) => {
    const call = (id) => frame(JSON.stringify({ i: String(id), p: { u: '/slow/wait', b: { json: { ms: 60000, x: 'h'.repeat(1_000_000) } } } }))
    const all = []
    for (let n = 0; n < count(4); n++) {
      const socket = await connect(port, handshake(), { reads: true })
      for (let id = 0; id < 64; id++) await new Promise((done) => socket.write(call(id), () => done()))
      all.push(socket)
    }
    return all
  },
  'messages that are never finished, with pongs in between (300)': async ({ port }) => {
    const all = []
    for (let n = 0; n < count(300); n++) {
      const socket = await connect(port, handshake(), { reads: true })
      await new Promise((done) => socket.write(frame('x'.repeat(900_000), { first: 0x01 }), () => done()))
      const pong = setInterval(() => socket.write(frame('', { first: 0x8a })), 5000)
      socket.on('close', () => clearInterval(pong))
      all.push(socket)
    }
    return all
  },
  'sockets with 128 live readers each, that stop reading, and then events of 1 MB (30)': async ({ port }) => {
    const calls = Buffer.concat(Array.from({ length: 128 }, (_, id) => subscribe(id, {})))
    const all = []
    for (let n = 0; n < count(30); n++) {
      const socket = await connect(port, handshake())
      socket.write(calls)
      all.push(socket)
    }
    await sleep(1000)
    for (let n = 0; n < 8; n++) await publish(port, 'flood', 1_000_000)
    return all
  },
  'results of 1 MB that are not read (500)': async ({ port }) => {
    const body = JSON.stringify({ json: { size: 1_000_000, name: 'x' } })
    const all = []
    for (let n = 0; n < count(500); n++) all.push(await connect(port, post('files/make', body)))
    return all
  },
  'uploads of 1 MB that stop before their end (500)': async ({ port }) => {
    const half = post('echo', 'x'.repeat(1_000_000)).slice(0, 900_000)
    const all = []
    for (let n = 0; n < count(500); n++) all.push(await connect(port, half, { reads: true }))
    return all
  },
  'forms with files that stop before their end (100 of 5 files of 900 kB)': async ({ port }) => {
    const head = 'POST /rpc/files/describe HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=B\r\ncontent-length: 5000000\r\n\r\n'
    const data = '--B\r\ncontent-disposition: form-data; name="data"\r\n\r\n{"json":{},"maps":[]}\r\n'
    const file = (n) => `--B\r\ncontent-disposition: form-data; name="${n}"; filename="f"\r\n\r\n${'x'.repeat(900_000)}\r\n`
    const half = head + data + [0, 1, 2, 3, 4].map(file).join('')
    const all = []
    for (let n = 0; n < count(100); n++) all.push(await connect(port, half, { reads: true }))
    return all
  },
  'events of 4 KB in many channels (100,000)': async ({ port }) => {
    const all = []
    const own = Math.ceil(count(100_000) / 8)
    await Promise.all(Array.from({ length: 8 }, async (_, part) => {
      const socket = await connect(port, '', { reads: true })
      all.push(socket)
      for (let n = 0; n < own && socket.isOpen; n++) {
        const body = JSON.stringify({ json: { channel: `c${part}-${n}`, payload: { text: 'x'.repeat(4000) } } })
        await new Promise((done) => socket.write(post('publisher/publish', body), () => done()))
      }
    }))
    return all
  },
  'half heads, handshakes and bodies (9,000)': async ({ port }) => {
    const halves = ['GET /rpc/ping HTTP/1.1\r\nhost: x\r\nx-half', handshake().slice(0, 120), post('echo', 'x'.repeat(1000)).slice(0, 200)]
    const all = []
    for (let n = 0; n < count(9000); n++) all.push(await connect(port, halves[n % 3], { reads: true }))
    return all
  },
  'handshakes of durable iterators that are refused (9,000)': async ({ port }) => {
    const all = []
    for (let n = 0; n < count(9000); n++) {
      const socket = await connect(port, handshake(`/durable?id=${n}-${'x'.repeat(500)}&token=none`), { reads: true })
      all.push(socket)
    }
    return all
  },
}

console.log(`| flood | memory before | peak | threads | open at once | memory after ${wait} s | open after |`)
console.log('|---|---:|---:|---:|---:|---:|---:|')
for (const [name, flood] of Object.entries(floods)) {
  if (only && !name.includes(only)) continue
  const running = await start()
  const before = running.memory('VmRSS')
  const connections = await flood(running)
  await sleep(3000)
  const open = () => connections.filter((connection) => connection.isOpen).length
  const [atOnce, threads] = [open(), running.threads()]
  await sleep(wait * 1000)
  // A connection that reads nothing does not see its end before it does.
  for (const connection of connections) connection.resume()
  await sleep(1000)
  const row = [name, `${before} MiB`, `${running.memory('VmHWM')} MiB`, threads, atOnce, `${running.memory('VmRSS')} MiB`, open()]
  console.log(`| ${row.join(' | ')} |`)
  for (const connection of connections) connection.destroy()
  running.stop()
}
process.exit(0)
