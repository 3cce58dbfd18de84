import { assert, describe, it } from "@effect/vitest"
import * as Message from "@millrace/core/Message"
import { Conformance, DestinationConformance, destinationConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { honest, type Parts, under } from "./support/acme.ts"
import { brokenDestinations } from "./support/brokenDestinations.ts"
import * as Judging from "./support/judging.ts"
import * as Rows from "./support/rows.ts"
import * as Tokens from "./support/tokens.ts"

const { destinationSuite } = DestinationConformance
const judging = (deliver = Judging.honestly, changes: Partial<Parts> = {}) => ({
  ...under({ deliver, ...changes }),
  remote: Judging.judging
})
const withTokens = (enter = Tokens.honestly) => ({ ...under({ enter }), remote: Tokens.handingOut })
const many = { ...honest.limits, messages: 1000, events: 1000, bytes: 1_000_000 }

destinationConformance(under())
destinationConformance(judging())
destinationConformance(withTokens())
destinationConformance(Rows.bulk(Rows.honestly))
destinationConformance({ ...under(), remote: false })

const believes = "believes the verdict on each message, and silence never"
const readsAll = "reads to its end the answer to the largest request that its limits allow"
const faults = [
  ...brokenDestinations.map(({ isHasty = false, parts, ...told }) => ({
    ...told,
    isHasty,
    suite: destinationSuite(under(parts))
  })),
  {
    fault: "a README that names nothing",
    suite: destinationSuite({ ...under(), readme: new URL(import.meta.url) }),
    breaks: "names every setting and credential in a table of its README"
  },
  {
    fault: "verdicts on single messages that nobody reads",
    suite: destinationSuite(judging(Judging.blindly)),
    breaks: believes,
    // The verdict on the last message of many is one of those.
    alsoBreaks: readsAll
  },
  {
    fault: "silence that is taken for a delivery",
    suite: destinationSuite(judging(Judging.hopefully)),
    breaks: believes
  },
  {
    fault: "one verdict on a message for all of its rows",
    suite: destinationSuite(Rows.bulk(Rows.asOne)),
    breaks: believes
  },
  {
    fault: "limits that allow a larger answer than it reads",
    suite: destinationSuite(judging(Judging.shortly, { limits: many })),
    breaks: readsAll
  },
  {
    fault: "a token that is kept when it has run out",
    suite: destinationSuite(withTokens(Tokens.onceForAll)),
    breaks: "goes on with a new token when one has run out"
  }
]

describe("a destination with a fault breaks one promise", () => {
  it.live.each(faults)("$fault", ({ breaks, suite, ...how }) =>
    Effect.gen(function* () {
      const broken = yield* Conformance.broken(suite)
      const promises = broken.map(({ promise }) => promise)
      const found =
        "isHasty" in how && how.isHasty ? promises.filter((promise) => promise === breaks) : promises
      assert.sameMembers(
        found,
        "alsoBreaks" in how ? [breaks, how.alsoBreaks] : [breaks],
        broken.map(({ promise, detail }) => `${promise}: ${detail}`).join("\n\n")
      )
    })
  )

  it("for every promise there is", () => {
    const shown = new Set(faults.map(({ breaks }) => breaks))
    const all = [judging(), withTokens()].flatMap((given) =>
      destinationSuite(given).promises.map(({ promise }) => promise)
    )
    assert.deepStrictEqual(
      all.filter((promise) => !shown.has(promise)),
      []
    )
  })
})

describe("a suite of a destination", () => {
  const without = (changes: object) => destinationSuite({ ...under(), ...changes })

  it("says in its title what it cannot show", () => {
    assert.strictEqual(
      Conformance.title(destinationSuite(judging())),
      "@millrace/destination-acme as a destination"
    )
    const { credentials, readme, ...rest } = under()
    assert.strictEqual(
      Conformance.title(
        destinationSuite({ ...rest, remote: { refused: false, tooLarge: false, throttled: false } })
      ),
      "@millrace/destination-acme as a destination (left out: credentials, refused requests, verdicts on single messages, too large, throttling, README)"
    )
    assert.strictEqual(
      Conformance.title(without({ remote: false })),
      "@millrace/destination-acme as a destination (left out: everything that is sent)"
    )
    assert.include(without({ remote: { unauthorized: false } }).leftOut, "refused credentials")
    assert.isDefined(credentials)
    assert.isDefined(readme)
  })

  it.live.each([
    {
      mistake: "no sample is sent",
      changes: { plugin: under({ assign: () => ({ _tag: "Skip", reason: "unwanted" }) }).plugin },
      says: "no sample event is assigned to an open lane"
    },
    {
      mistake: "a sample is not valid",
      changes: { events: [{ id: "1", type: "order.placed", time: 0, user: {}, properties: { total: "5" } }] },
      says: "a sample event of type order.placed is not valid"
    },
    {
      mistake: "messages cannot be told apart",
      changes: { plugin: under({ prepare: ({ type }) => Result.succeed(Message.text(type, type)) }).plugin },
      says: "two messages cannot be told apart"
    }
  ])("tells what is wrong with what it was given: $mistake", ({ changes, says }) =>
    Effect.gen(function* () {
      const broken = yield* Conformance.broken(without(changes))
      const last = broken.find(({ promise }) => promise.startsWith("delivers every event once"))
      assert.include(last?.detail, says)
    })
  )
})
