/** The remote of `acme` as one that hands out tokens for a key, and the part of the plugin that fetches one. */
import { DeliveryError, retry } from "@millrace/core/Outcome"
import type { Remote } from "@millrace/testing/DestinationConformance"
import { outcomeOf, type Parts, type Way } from "./acme.ts"

export const handingOut: Remote = {
  token: ({ path }, token) =>
    path === "/token" ? { status: 200, body: JSON.stringify({ token }) } : undefined
}

const fetchToken = async ({ key, url }: Way, signal: AbortSignal): Promise<Way> => {
  const noAnswer = () => Promise.reject(new DeliveryError({ outcome: retry("no-answer") }))
  const headers = { authorization: `Bearer ${key}` }
  const response = await fetch(`${url}/token`, { method: "POST", headers, signal }).catch(noAnswer)
  const outcome = outcomeOf(response)
  if (outcome._tag !== "Delivered") throw new DeliveryError({ outcome })
  const { token } = (await response.json().catch(noAnswer)) as { readonly token: string }
  return { url, key: token }
}

/** A token for each connection: the core opens another when one is refused. */
export const honestly: Parts["enter"] = fetchToken

const kept = new Map<string, Way>()

/** One token for a key, for as long as the process lives. */
export const onceForAll: Parts["enter"] = async (way, signal) => {
  const name = `${way.url} ${way.key}`
  const found = kept.get(name) ?? (await fetchToken(way, signal))
  kept.set(name, found)
  return found
}
