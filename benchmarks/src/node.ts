/** How every subject is started: as the `millrace` command starts itself, see its `bin.ts`; a test holds the two together. */

export const settings: ReadonlyArray<string> = [
  "--max-semi-space-size=8",
  "--heap-growing-percent=100",
  "--no-allocation-site-pretenuring",
  "--no-wasm-code-gc",
  "--expose-gc"
]

export const environment = { MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "131072" }
