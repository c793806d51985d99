import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/**/*.test.js"], testTimeout: 5_000, hookTimeout: 10_000, fileParallelism: false },
});
