import { defineConfig } from "tsup"

/** Every library: one output per public module, shared code in chunks; declarations come from tsc. */
export const library = defineConfig({
  entry: ["src/*.ts"],
  format: ["esm"],
  target: "node22",
  dts: false,
  sourcemap: true,
  clean: true,
  // `node:sqlite` exists only under its prefix.
  removeNodeProtocol: false,
  // What is imported when it is needed is no public module either.
  esbuildOptions: (options) => {
    options.chunkNames = "chunk-[hash]"
  }
})
