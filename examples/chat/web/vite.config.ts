import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: {
    // Every browser this page targets preloads modules by itself.
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "/rpc": "http://127.0.0.1:3000",
      "/ws": { target: "ws://127.0.0.1:3000", ws: true },
    },
  },
});
