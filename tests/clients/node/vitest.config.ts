import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: "./global-setup.ts",
    // Each test has an organization of its own, so that nothing has to wait for anything.
    sequence: { concurrent: true },
    maxConcurrency: 20,
    // All of them at once can take a small machine a while.
    testTimeout: 30_000,
    pool: "threads",
    poolOptions: { threads: { minThreads: 4, maxThreads: 4 } },
  },
});
