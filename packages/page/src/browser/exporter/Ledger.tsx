/** The ledger: what became of every event, and whether it adds up. */
import { Fragment } from "preact"
import { counted, number } from "../parts/words.ts"
import { missingOf, type Overview } from "./model.ts"
import { toLane, toLetters } from "./place.ts"

const kinds = [
  ["filtered", "left out by the route"],
  ["skipped", "not for the destination"],
  ["delivered", "delivered to lane"],
  ["waiting", "waiting for lane"],
  ["dead", "dead letters"],
  ["erased", "removed for good"]
] as const

const Name = ({
  kind,
  name,
  route
}: {
  readonly kind: string
  readonly name: string
  readonly route: string
}) => {
  if (kind === "dead") return <a href={toLetters({ route, reason: name })}>{name}</a>
  if (kind === "waiting" || kind === "delivered") return <a href={toLane({ route, lane: name })}>{name}</a>
  return <Fragment>{name}</Fragment>
}

export const Ledger = ({ overview }: { readonly overview: Overview }) => (
  <section aria-labelledby="ledger">
    <h2 id="ledger" tabIndex={-1}>
      Ledger
    </h2>
    <div class="ledgers">
      {Object.entries(overview.routes).map(([route, counts]) => {
        const missing = missingOf(counts)
        return (
          <table key={route} class="ledger">
            <caption>
              Route {route}:{" "}
              {missing === 0 ? (
                <span class="good">balances</span>
              ) : (
                <span class="bad">does not balance, {counted(missing, "event")} unaccounted for</span>
              )}
            </caption>
            <tbody>
              <tr class="total">
                <th scope="row">read</th>
                <td>{number(counts.read)}</td>
              </tr>
              {kinds.flatMap(([kind, meaning]) =>
                Object.entries(counts[kind] ?? {})
                  .sort(([one], [other]) => one.localeCompare(other))
                  .map(([name, events]) => (
                    <tr key={`${kind} ${name}`}>
                      <th scope="row">
                        <span class="quiet">{meaning}</span> <Name kind={kind} name={name} route={route} />
                      </th>
                      <td>{number(events)}</td>
                    </tr>
                  ))
              )}
            </tbody>
          </table>
        )
      })}
    </div>
  </section>
)
