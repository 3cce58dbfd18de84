import process from "node:process"
import { setTimeout } from "node:timers/promises"

/** Microseconds of CPU that the whole process takes for it, all its threads included. */
export const cpu = async (body: () => Promise<void> | void): Promise<number> => {
  const before = process.cpuUsage()
  await body()
  const { system, user } = process.cpuUsage(before)
  return user + system
}

/** What goes on behind a finished piece of work, such as giving back pages, is not the next one's. */
export const rest = (): Promise<void> => setTimeout(300)
