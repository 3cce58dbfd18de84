import { defineConfig } from "vitest/config"

// The tests below templates/ belong to the packages that are written.
export default defineConfig({ test: { include: ["test/**/*.test.ts"] } })
