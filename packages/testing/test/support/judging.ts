/** The remote of `acme` as one that judges each message by itself, and the part of the plugin that reads it. */
import type { Batch } from "@millrace/core/Message"
import { DeliveryError, delivered, type Outcome, Outcomes, rejected, retry } from "@millrace/core/Outcome"
import type { Remote } from "@millrace/testing/DestinationConformance"
import { outcomeOf, type Parts } from "./acme.ts"
import { beginningOf } from "./beginningOf.ts"

export const judging: Remote = {
  each: (messages) => ({
    status: 200,
    body: JSON.stringify({ results: messages.map(({ accepted, id }) => ({ id, ok: accepted })) })
  })
}

/** Reads the verdicts, given what to do with the text of an answer of the remote. */
const byMessage =
  (read: (text: string, batch: Batch) => ReadonlyMap<string, Outcome>): Parts["deliver"] =>
  async (batch, way, signal, parts) => {
    const fail = (outcome: Exclude<Outcome, { readonly _tag: "Delivered" }>) => new DeliveryError({ outcome })
    const noAnswer = () => Promise.reject(fail(retry("no-answer")))
    const response = await parts.send(way, batch.body, signal).catch(noAnswer)
    const text = await beginningOf(response).catch(noAnswer)
    const outcome = outcomeOf(response)
    if (outcome._tag !== "Delivered") throw fail(outcome)
    return Outcomes.byId(batch, read(text, batch))
  }

interface Result {
  readonly id: string
  readonly ok: boolean
}

const parse = (text: string): ReadonlyArray<Result> => {
  try {
    return JSON.parse(text).results
  } catch {
    return []
  }
}

const verdictsOf = (text: string) =>
  new Map(parse(text).map(({ id, ok }) => [id, ok ? delivered : rejected("refused")]))

/** As it should be: a message without a verdict gets none. */
export const honestly = byMessage(verdictsOf)

/** The same of the first 16 KiB: enough for some hundred messages. */
export const shortly = byMessage((text) => verdictsOf(text.slice(0, 16 * 1024)))

/** The status is all that counts. */
export const blindly = byMessage((_, { ids }) => new Map(ids.map((id) => [id, delivered])))

/** What is not refused is delivered. */
export const hopefully = byMessage((text, { ids }) => {
  const refused = new Set(parse(text).flatMap(({ id, ok }) => (ok ? [] : [id])))
  return new Map(ids.map((id) => [id, refused.has(id) ? rejected("refused") : delivered]))
})
