import { FaultyRemote, goldenPairs, sourceConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { __value__ } from "../src/index.ts"
import { toEvent } from "../src/internal/toEvent.ts"

goldenPairs({
  folder: new URL("golden/", import.meta.url),
  out: (item) => Result.getOrThrow(toEvent(item))
})

const item = (stream: string, index: number) => ({
  id: `${stream}-${index}`,
  name: "order.placed",
  at: 1_782_742_805_000 + index,
  customer: `customer-${index % 7}`,
  data: { index }
})
const stored = new Map<string, ReadonlyArray<unknown>>([
  ["orders", [...Array.from({ length: 50 }, (_, index) => item("orders", index)), { id: "no event" }]],
  ["returns", Array.from({ length: 5 }, (_, index) => item("returns", index))]
])
const pageSize = 10

/** A remote with these streams; a cursor is the number of items before it. */
const answer = ({ headers, path }: FaultyRemote.Request): FaultyRemote.Answer => {
  if (headers["authorization"] !== "Bearer the-token") return { status: 401 }
  const { pathname, searchParams } = new URL(path, "http://remote")
  const items = stored.get(pathname.slice("/v1/".length))
  if (items === undefined) return { status: 404 }
  const from = Number(searchParams.get("after"))
  const page = items.slice(from, from + pageSize)
  const cursor = from + page.length
  return {
    status: 200,
    body: JSON.stringify({ items: page, cursor: String(cursor), more: cursor < items.length })
  }
}

sourceConformance({
  plugin: __value__,
  kind: "pull",
  credentials: { token: Redacted.make("the-token") },
  replayable: true,
  supply: Effect.map(FaultyRemote.start({ answer }), ({ origin }) => ({
    settings: { url: `${origin}/v1`, streams: [...stored.keys()] },
    ids: [...stored.values()].flatMap((items) =>
      items.map(toEvent).flatMap((read) => (Result.isSuccess(read) ? [read.success.id] : []))
    ),
    malformed: 1
  })),
  limits: { appends: 1, records: pageSize },
  readme: new URL("../README.md", import.meta.url)
})
