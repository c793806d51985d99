import { defineConfig } from 'vitepress'

// Dead links fail the build: `ignoreDeadLinks` stays off.
export default defineConfig({
  title: 'orpc-runtime',
  description: 'Typed RPC from Rust backends to the official oRPC clients in TypeScript',
  srcExclude: ['snippets/**', 'node_modules/**'],
  cleanUrls: true,
  themeConfig: {
    logo: '/logo.svg',
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Quickstart', link: '/quickstart' },
      { text: 'Limits', link: '/limits' },
      { text: 'Architecture', link: '/architecture' },
    ],
    sidebar: [
      {
        text: 'Basics',
        items: [
          { text: 'Quickstart', link: '/quickstart' },
          { text: 'Procedures', link: '/procedures' },
          { text: 'Errors', link: '/errors' },
          { text: 'Validation', link: '/validation' },
          { text: 'Middleware and context', link: '/middleware' },
          { text: 'Sessions and cookies', link: '/sessions' },
          { text: 'Rate limits', link: '/rate-limits' },
          { text: 'Values and files', link: '/values' },
          { text: 'TypeScript types', link: '/typescript' },
          { text: 'TanStack Query', link: '/tanstack' },
          { text: 'Front ends', link: '/frontends' },
          { text: 'Rendering on a server', link: '/rendering' },
          { text: 'Forms', link: '/forms' },
          { text: 'Testing', link: '/testing' },
        ],
      },
      {
        text: 'Events and sockets',
        items: [
          { text: 'Streams', link: '/streams' },
          { text: 'WebSocket', link: '/websocket' },
          { text: 'Rooms and hibernation', link: '/rooms' },
          { text: 'Publisher', link: '/publisher' },
          { text: 'Durable iterators', link: '/durable-iterators' },
          { text: 'Cloudflare', link: '/cloudflare' },
          { text: 'Browser', link: '/browser' },
        ],
      },
      {
        text: 'Operation',
        items: [
          { text: 'Limits and security', link: '/limits' },
          { text: 'Deployment behind a proxy', link: '/deployment' },
          { text: 'Changing an API', link: '/evolution' },
          { text: 'Coming from an oRPC TypeScript server', link: '/migration' },
          { text: 'Coming from rspc, tonic or dropshot', link: '/coming-from' },
          { text: 'Differences from the official server', link: '/differences' },
        ],
      },
      {
        text: 'Internals',
        items: [
          { text: 'Architecture', link: '/architecture' },
          { text: 'Protocol', link: '/protocol' },
          { text: 'Performance', link: '/performance' },
          { text: 'Publisher figures', link: '/publisher-figures' },
          { text: 'Capacity', link: '/capacity' },
          { text: 'Compile time', link: '/compile-time' },
          { text: 'Autobahn', link: '/autobahn' },
        ],
      },
    ],
  },
})
