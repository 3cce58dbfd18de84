import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    // Vitest leaves a processor to itself, which of two is half of them.
    maxWorkers: "100%",
    projects: ["packages/*", "apps/*", "benchmarks", "examples"],
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**", "apps/*/src/**"],
      exclude: ["**/generated/**"],
      reporter: ["text-summary", "json-summary"]
    }
  }
})
