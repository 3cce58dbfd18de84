import { readdirSync } from "node:fs"
import { defineConfig } from "vitest/config"

const below = (group: string) =>
  readdirSync(new URL(group, import.meta.url)).map((name) => `${group}/${name}`)

/**
 * A test that takes so many milliseconds hangs. Nothing else is told by it: how long a test takes says more of the
 * machine than of Millrace.
 */
const hang = 15 * 60_000

/**
 * Threads of a test read TypeScript, which Node does by WebAssembly. V8 of Node 24 sometimes aborts the process while it frees
 * what it compiled of that.
 */
const execArgv = ["--no-wasm-code-gc"]

export default defineConfig({
  test: {
    execArgv,
    projects: [...below("packages"), ...below("apps"), "benchmarks", "examples", "tools"].map((root) => ({
      extends: true,
      test: {
        name: root,
        root,
        // Those below templates/ belong to the packages that are written.
        include: ["test/**/*.test.ts"],
        testTimeout: hang,
        hookTimeout: hang
      }
    })),
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**", "apps/*/src/**"],
      exclude: ["**/generated/**"],
      reporter: ["text-summary", "json-summary"]
    }
  }
})
