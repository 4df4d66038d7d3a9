import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["node_modules/**", "build/**", "dist/**"],
    testTimeout: 20_000,
    // Real processes with deadlines: more files at once than cores would measure each other.
    maxWorkers: 2,
  },
});
