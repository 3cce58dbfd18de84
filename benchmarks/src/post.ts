/** Posts events to a receiver at an even pace, as Braze Currents' Custom HTTP connector does: so many a request. */
import { setTimeout } from "node:timers/promises"
import { Pool } from "undici"
import { now } from "./now.ts"

export interface Posting {
  readonly url: string
  readonly token: string
  /** Requests a second. They are begun when they are due, however long earlier ones take. */
  readonly rate: number
  /** Told when each request is begun for the first time, in order, by the clock of `now`. */
  readonly onBegun: (at: number) => void
}

/** Posts all bodies; resolves when each is taken. One that is told to come later is posted again after a moment. */
export const post = async (
  bodies: ReadonlyArray<string>,
  { url, token, rate, onBegun }: Posting
): Promise<{ readonly repeated: number }> => {
  const pool = new Pool(url, { connections: 64 })
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
  let repeated = 0
  const deliver = async (body: string): Promise<void> => {
    for (;;) {
      const { statusCode, body: answer } = await pool.request({
        path: "/currents",
        method: "POST",
        headers,
        body
      })
      await answer.dump()
      if (statusCode === 200) return
      if (statusCode !== 429 && statusCode !== 503) throw new Error(`the receiver answered ${statusCode}`)
      repeated++
      await setTimeout(100)
    }
  }
  const began = now()
  const all: Array<Promise<void>> = []
  for (const [request, body] of bodies.entries()) {
    const due = began + (1000 * request) / rate
    if (due > now()) await setTimeout(due - now())
    onBegun(now())
    all.push(deliver(body))
  }
  await Promise.all(all)
  await pool.close()
  return { repeated }
}
