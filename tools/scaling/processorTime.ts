/** Processor time of processes, as Linux counts it. */
import { readdirSync, readFileSync } from "node:fs"

/** Of a second: Linux tells of hundredths on every machine that Node runs on. */
const ticks = 100

interface Process {
  readonly parent: number
  readonly seconds: number
}

/** Own time, and that of children that have ended. */
const processOf = (pid: number): Process | undefined => {
  try {
    // A name in parentheses may hold spaces; what follows it does not.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")
      .map(Number)
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15)
    return { parent: fields[1] ?? 0, seconds: (user + system + endedUser + endedSystem) / ticks }
  } catch {
    return undefined
  }
}

/** Seconds of a process and of all that it started. */
export const ofTree = (root: number): number => {
  const all = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        const found = processOf(Number(name))
        return found === undefined ? [] : [[Number(name), found] as const]
      })
  )
  const isOfTree = (pid: number): boolean => {
    if (pid === root) return true
    const found = all.get(pid)
    return found !== undefined && isOfTree(found.parent)
  }
  return [...all].reduce((sum, [pid, { seconds }]) => (isOfTree(pid) ? sum + seconds : sum), 0)
}

/** The process that has this among its arguments. */
export const find = (argument: string): number =>
  Number(
    readdirSync("/proc").find((name) => {
      try {
        return (
          /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").includes(argument)
        )
      } catch {
        return false
      }
    }) ?? 0
  )
