/** What needs a person, first and in the words of the alerts. */
import { Ago } from "../parts/Time.tsx"
import { counted } from "../parts/words.ts"
import { groupsOf, missingOf, type Overview } from "./model.ts"
import { toLane, toLetters } from "./place.ts"

interface Entry {
  readonly key: string
  readonly text: string
  readonly since?: number
  readonly to?: string
  readonly link?: string
  /** Nothing is wrong with delivery, and still somebody has to look. */
  readonly isMild?: boolean
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

const entriesOf = (overview: Overview): ReadonlyArray<Entry> => {
  const unbalanced = Object.entries(overview.routes).flatMap(([route, counts]) => {
    const missing = missingOf(counts)
    if (missing === 0) return []
    const text = `the ledger of route ${route} does not balance: ${counted(Math.abs(missing), "event")} unaccounted for; run millrace outbox verify`
    return [{ key: `balance ${route}`, text, to: "#ledger", link: "ledger" }]
  })
  const conditions = overview.attention.map(({ key, lane, route, since, source, text }) => ({
    key,
    text,
    ...(since === undefined ? {} : { since }),
    ...(route !== undefined && lane !== undefined
      ? { to: toLane({ route, lane }), link: `lane ${lane}` }
      : source !== undefined
        ? { to: "#sources", link: `source ${source}` }
        : {})
  }))
  const groups = groupsOf(overview)
  const letters = groups.reduce((total, group) => total + group.letters, 0)
  const reasons = [...new Set(groups.map(({ reason }) => reason))].slice(0, 4).join(", ")
  const them = letters === 1 ? "it" : "them"
  return [
    ...unbalanced,
    ...conditions,
    ...(letters === 0
      ? []
      : [
          {
            key: "letters",
            isMild: true,
            text: `${counted(letters, "dead letter")} (${reasons}): look at ${them}, mend the cause, then replay or purge ${them}`,
            to: toLetters({}),
            link: "dead letters"
          }
        ])
  ]
}

export const Attention = ({ overview, now }: { readonly overview: Overview; readonly now: number }) => {
  const entries = entriesOf(overview)
  return (
    <section aria-labelledby="attention" class={entries.length === 0 ? "attention calm" : "attention"}>
      <h2 id="attention" tabIndex={-1}>
        {entries.length === 0 ? "All is well" : `Needs attention: ${entries.length}`}
      </h2>
      <ul aria-live="polite">
        {entries.map(({ isMild, key, link, since, text, to }) => (
          <li key={key} class={isMild === true ? "mild" : "grave"}>
            <span>{sentence(text)}</span>
            <span class="aside">
              {since !== undefined && <Ago time={since} now={now} />}
              {to !== undefined && <a href={to}>{link}</a>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
