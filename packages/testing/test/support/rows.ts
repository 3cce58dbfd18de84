/** `acme` with a bulk API: a message holds several events as rows, and the answer has a verdict on each. */
import * as Destination from "@millrace/core/Destination"
import type { Event } from "@millrace/core/Event"
import * as Message from "@millrace/core/Message"
import { DeliveryError, delivered, type Outcome, Outcomes, rejected, retry } from "@millrace/core/Outcome"
import type { DestinationUnderTest } from "@millrace/testing/DestinationConformance"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { type AcmeEvent, honest, outcomeOf, under } from "./acme.ts"
import { beginningOf } from "./beginningOf.ts"
import * as Judging from "./judging.ts"

interface Rows {
  readonly ids: ReadonlyArray<string>
}

type Verdicts = ReadonlyMap<string, Outcome>
export type Judge = (batch: Message.Batch<Rows>, verdicts: Verdicts) => Outcomes

const on = (verdicts: Verdicts, id: string | undefined): Outcome =>
  verdicts.get(id ?? "") ?? retry("no-answer")

/** A verdict on each row. */
export const honestly: Judge = (batch, verdicts) =>
  Outcomes.eachEvent(batch, ({ meta }, event) => on(verdicts, meta.ids[event]))

/** A message is what its worst row is. */
export const asOne: Judge = (batch, verdicts) =>
  Outcomes.each(batch, (_, index) => {
    const rows = batch.messages[index]!.meta.ids.map((id) => on(verdicts, id))
    return rows.find(({ _tag }) => _tag !== "Delivered") ?? delivered
  })

const read = (text: string): Verdicts => {
  try {
    const { results } = JSON.parse(text) as { readonly results: ReadonlyArray<{ id: string; ok: boolean }> }
    return new Map(results.map(({ id, ok }) => [id, ok ? delivered : rejected("refused")]))
  } catch {
    return new Map()
  }
}

const rowOf = ({ id, properties, type }: Event) => ({ id, type, ...properties })

export const bulk = (
  judge: Judge
): DestinationUnderTest<
  AcmeEvent,
  { readonly url: string },
  { readonly key: Redacted.Redacted | string }
> => {
  const { credentials, events, readme, settings } = under()
  const limits = { ...honest.limits, messages: 2, messageEvents: 10 }
  const plugin = Destination.plugin({
    name: "@millrace/destination-acme",
    accepts: under().plugin({ settings: { url: "" }, credentials: { key: "" } }).accepts,
    settings: honest.settings,
    credentials: honest.credentials,
    open: ({ credentials, settings: { url } }) =>
      Destination.opened({
        lanes: honest.lanes,
        limits,
        assign: () => Destination.to("main", "all"),
        prepare: ([first, ...others]) => {
          const rows = [first, ...others]
          const ids = rows.map(({ id }) => id)
          return Result.succeed(Message.json(ids.join("+"), rows.map(rowOf), { ids }))
        },
        connect: Destination.connectAsync<Rows>(() => {
          const way = { url, key: Redacted.value(credentials.key) }
          return {
            deliver: async (batch, signal) => {
              const fail = (outcome: Exclude<Outcome, { readonly _tag: "Delivered" }>) =>
                new DeliveryError({ outcome })
              const noAnswer = () => Promise.reject(fail(retry("no-answer")))
              const response = await honest.send(way, batch.body, signal).catch(noAnswer)
              const text = await beginningOf(response).catch(noAnswer)
              const outcome = outcomeOf(response)
              if (outcome._tag !== "Delivered") throw fail(outcome)
              return judge(batch, read(text))
            },
            check: (signal) => honest.check(way, signal, honest)
          }
        })
      })
  })
  return {
    plugin,
    settings,
    events,
    ...(credentials === undefined ? {} : { credentials }),
    ...(readme === undefined ? {} : { readme }),
    remote: Judging.judging
  }
}
