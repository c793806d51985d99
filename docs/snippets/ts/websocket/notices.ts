type Message = { p?: { notice?: { welcome: string } } }

const websocket = new WebSocket('ws://127.0.0.1:3000/ws')
websocket.addEventListener('message', ({ data }) => {
  if (typeof data !== 'string') return
  const { p } = JSON.parse(data) as Message
  if (p?.notice) console.log(`Welcome, ${p.notice.welcome}`)
})
