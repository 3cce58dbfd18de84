import { assert, describe, it } from "@effect/vitest"
import { Conformance, SourceConformance, sourceConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"
import { brokenSources } from "./support/brokenSources.ts"
import * as Inbox from "./support/inbox.ts"
import * as Notes from "./support/notes.ts"

const { sourceSuite } = SourceConformance

sourceConformance(Notes.under())
sourceConformance(Inbox.under())

describe("a source with a fault breaks one promise", () => {
  const cases = [
    ...brokenSources.map(({ parts, ...told }) => ({ ...told, suite: sourceSuite(Notes.under(parts)) })),
    ...Inbox.brokenInboxes.map(({ parts, ...told }) => ({ ...told, suite: sourceSuite(Inbox.under(parts)) }))
  ]
  it.live.each(cases)("$suite.subject: $fault", ({ breaks, suite }) =>
    Effect.gen(function* () {
      const broken = yield* Conformance.broken(suite)
      assert.deepStrictEqual(
        broken.map(({ promise }) => promise),
        [breaks],
        broken.map(({ promise, detail }) => `${promise}: ${detail}`).join("\n\n")
      )
    })
  )

  it("for every promise there is", () => {
    const shown = new Set(cases.map(({ breaks }) => breaks))
    const all = [sourceSuite(Notes.under()), sourceSuite(Inbox.under())].flatMap(({ promises }) => promises)
    assert.deepStrictEqual(
      all.filter(({ promise }) => !shown.has(promise)),
      []
    )
  })
})
