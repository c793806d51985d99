import { defineConfig } from "vite";

// `npm run dev` serves the page at its own port and forwards calls to the server.
export default defineConfig({
  server: {
    proxy: {
      "/rpc": "http://127.0.0.1:3000",
      "/ws": { target: "ws://127.0.0.1:3000", ws: true },
    },
  },
});
