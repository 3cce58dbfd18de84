/** The backfills of this run: how far each is, and the command that goes on with it. */
import { Command } from "../parts/Command.tsx"
import { Ago } from "../parts/Time.tsx"
import { bytes, number } from "../parts/words.ts"
import * as Commands from "./commands.ts"
import type { Backfill } from "./model.ts"

const hour = (time: number): string => `${new Date(time).toISOString().slice(0, 13)}:00Z`

const isInTrouble = ({ state }: Backfill): boolean => state !== "reading" && state !== "ended"

const Row = ({ backfill, now }: { readonly backfill: Backfill; readonly now: number }) => {
  const { consumed, ended, events, expected, from, source, started, state, to, trouble, types } = backfill
  return (
    <tr class={isInTrouble(backfill) ? "wrong" : ""}>
      <th scope="row">{source}</th>
      <td data-label="Of the past">
        {hour(from)} to {hour(to)}
        {types !== undefined && <div class="quiet">{types.join(", ")}</div>}
      </td>
      <td data-label="State">
        <span class={isInTrouble(backfill) ? "state bad" : "state"}>{state}</span>
        {trouble !== "" && <p class="trouble">{trouble}</p>}
      </td>
      <td data-label="Begun">
        <Ago time={started} now={now} />
      </td>
      <td data-label="Ended">{ended === undefined ? "–" : <Ago time={ended} now={now} />}</td>
      <td data-label="Events read" class="number">
        {number(events)}
      </td>
      <td data-label="Input read" class="number">
        {expected === 0 ? "–" : `${bytes(Math.min(consumed, expected))} of ${bytes(expected)}`}
      </td>
    </tr>
  )
}

export const Backfills = ({
  backfills,
  config,
  now
}: {
  readonly backfills: ReadonlyArray<Backfill> | undefined
  readonly config: string
  readonly now: number
}) => {
  const [last] = backfills ?? []
  if (backfills === undefined || last === undefined) return null
  return (
    <section aria-labelledby="backfills">
      <h2 id="backfills" tabIndex={-1}>
        Backfills
      </h2>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">Of the past</th>
              <th scope="col">State</th>
              <th scope="col">Begun</th>
              <th scope="col">Ended</th>
              <th scope="col" class="number">
                Events read
              </th>
              <th scope="col" class="number">
                Input read
              </th>
            </tr>
          </thead>
          <tbody>
            {backfills.map((backfill) => (
              <Row key={`${backfill.name} ${backfill.started}`} backfill={backfill} now={now} />
            ))}
          </tbody>
        </table>
      </div>
      <Command text={Commands.ofBackfill(config, last)} />
    </section>
  )
}
