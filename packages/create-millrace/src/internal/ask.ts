/** Questions to a person at a terminal. */
import { createInterface } from "node:readline/promises"

/** Gives the reason why an answer will not do, or nothing. */
export type Judge = (answer: string) => string | undefined

export interface Dialogue extends Disposable {
  /** Asks until the answer will do. An empty answer is `fallback`. Rejects with `Stopped` at Ctrl-C or Ctrl-D. */
  readonly ask: (question: string, judge: Judge, fallback?: string) => Promise<string>
}

/** The person wants none of it. */
export class Stopped extends Error {}

export const open = (input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Dialogue => {
  const lines = createInterface({ input, output, terminal: true })
  const stop = new AbortController()
  lines.once("SIGINT", () => stop.abort()).once("close", () => stop.abort())
  const line = async (prompt: string): Promise<string> => {
    try {
      return (await lines.question(prompt, { signal: stop.signal })).trim()
    } catch (cause) {
      throw stop.signal.aborted ? new Stopped() : cause
    }
  }
  return {
    ask: async (question, judge, fallback = "") => {
      const prompt = `${question}${fallback === "" ? "" : ` (${fallback})`}: `
      for (;;) {
        const said = await line(prompt)
        const answer = said === "" ? fallback : said
        const problem = judge(answer)
        if (problem === undefined) return answer
        output.write(`${problem}\n`)
      }
    },
    [Symbol.dispose]: () => lines.close()
  }
}
