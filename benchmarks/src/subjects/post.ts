/** Requests as a plain program makes them well: on a pool of kept connections. */
import { Pool } from "undici"
import type { Feed } from "../message.ts"
import { fail, given, headersOf, path, requests } from "./given.ts"

const pool = new Pool(given.url, { connections: requests })

export const post = async (feed: Feed, body: Buffer | string): Promise<void> => {
  const answer = await pool.request({ method: "POST", path, headers: headersOf(feed), body })
  await answer.body.dump()
  if (answer.statusCode !== 202) fail(`the server answered ${answer.statusCode}`)
}

export const close = (): Promise<void> => pool.close()
