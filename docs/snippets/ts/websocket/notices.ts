type Notice = { p?: { welcome?: string } }

const websocket = new WebSocket('ws://127.0.0.1:3000/ws')
websocket.addEventListener('message', ({ data }) => {
  if (typeof data !== 'string') return
  const { p } = JSON.parse(data) as Notice
  if (p?.welcome !== undefined) console.log(`Welcome, ${p.welcome}`)
})
