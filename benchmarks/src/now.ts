import process from "node:process"

/** Milliseconds of a clock that all processes of a machine share and nobody sets; its zero means nothing. */
export const now = (): number => Number(process.hrtime.bigint() / 1_000_000n)
