/** What a ledger must be. */
import { assert } from "@effect/vitest"
import * as Ledger from "@millrace/core/Ledger"
import type { Unread } from "@millrace/operations/Status"

/** The ledger with what is left of the input. */
export const parseWhole = (stdout: string): Ledger.Ledger & { readonly unread: Unread } => {
  const { routes, unread }: Ledger.Ledger & { readonly unread: Unread } = JSON.parse(stdout)
  return { routes, unread }
}

/** The one JSON object on stdout, of the documented shape. */
export const parse = (stdout: string): Ledger.Ledger => {
  const { unread: _, ...ledger } = parseWhole(stdout)
  for (const counts of Object.values(ledger.routes)) {
    const { read, ...kinds } = counts
    assert.isNumber(read)
    assert.deepStrictEqual(Object.keys(kinds).sort(), ["dead", "delivered", "filtered", "skipped", "waiting"])
    for (const count of Object.values(kinds).flatMap((kind) => Object.values(kind))) {
      assert.isTrue(Number.isInteger(count) && count > 0, stdout)
    }
  }
  assert.deepStrictEqual(Ledger.imbalance(ledger), [])
  return ledger
}

/** Totals over all routes. */
export const totals = (ledger: Ledger.Ledger) => ({
  read: Object.values(ledger.routes).reduce((sum, { read }) => sum + read, 0),
  skipped: Ledger.total(ledger, "skipped"),
  delivered: Ledger.total(ledger, "delivered"),
  waiting: Ledger.total(ledger, "waiting"),
  dead: Ledger.total(ledger, "dead")
})
