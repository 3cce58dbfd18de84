import { availableParallelism, cpus, totalmem } from "node:os"
import process from "node:process"

/** The machine in one line, without its name. */
export const machine = (): string => {
  const model = cpus()[0]?.model.trim() ?? "unknown processor"
  const memory = Math.round(totalmem() / 1024 ** 3)
  return `${model}, ${availableParallelism()} cores, ${memory} GiB, Node ${process.versions.node}, ${process.platform}`
}
