import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` serves the page at its own port and forwards calls to the server.
export default defineConfig({
  plugins: [react()],
  build: {
    modulePreload: { polyfill: false },
    // The content security policy allows no `data:` URLs.
    assetsInlineLimit: 0,
  },
  server: {
    proxy: { "/rpc": "http://127.0.0.1:3000" },
  },
});
