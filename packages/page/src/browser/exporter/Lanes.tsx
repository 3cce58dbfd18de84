/** The lanes: those in trouble first, each with what it does, what waits, and what can be done. */
import { Fragment } from "preact"
import { useEffect } from "preact/hooks"
import { Bars } from "../parts/Bars.tsx"
import { Ago } from "../parts/Time.tsx"
import { bytes, counted, lasting, number, rate, took } from "../parts/words.ts"
import type { Action } from "./Actions.tsx"
import {
  byTrouble,
  type Hour,
  type Lane,
  type LaneHour,
  nameOf,
  type Overview,
  rateOf,
  type Sample,
  same,
  stateOf
} from "./model.ts"
import type { Place } from "./place.ts"

interface Given {
  readonly overview: Overview
  readonly hour: Hour | undefined
  readonly samples: ReadonlyArray<Sample>
  readonly now: number
  readonly place: Place
  readonly act: ((action: Action) => void) | undefined
}

/** Rows that are shown without being asked for; of more, those that are well are folded. */
const fewRows = 12

const isWell = (lane: Lane): boolean => stateOf(lane) === "open" && lane.trouble === ""

const stateText = (lane: Lane): string => {
  const state = stateOf(lane)
  return state === "closed" ? `closed: ${lane.gate.reason}` : state
}

const idOf = ({ route, lane }: Pick<Lane, "route" | "lane">): string => `lane-${route}-${lane}`

const Trouble = ({ lane, now }: { readonly lane: Lane; readonly now: number }) => {
  const { gate, failingSince, reason, trouble } = lane
  const since = gate.open ? failingSince : gate.since
  return (
    <p class="trouble">
      {trouble === "" ? (gate.open ? "" : `closed (${gate.reason})`) : trouble}
      {gate.open && reason !== undefined && ` (${reason})`}
      {since !== undefined && since > 0 && (
        <Fragment>
          {", since "}
          <Ago time={since} now={now} />
        </Fragment>
      )}
      {gate.notBefore > now && (
        <Fragment>
          {"; next attempt "}
          <Ago time={gate.notBefore} now={now} />
        </Fragment>
      )}
    </p>
  )
}

const Attempts = ({ hour }: { readonly hour: LaneHour | undefined }) => {
  if (hour === undefined || hour.attempts === 0) return <span class="quiet">none</span>
  return (
    <span>
      {number(hour.attempts)}
      {hour.failed > 0 && <span class="bad">, {number(hour.failed)} failed</span>}
      <br />
      <span class="quiet" title="Half of the attempts took at most, and 99 of 100">
        {took(hour.half ?? 0)} / {took(hour.most ?? 0)}
      </span>
    </span>
  )
}

const Row = ({ lane, ...given }: Given & { readonly lane: Lane }) => {
  const { act, hour, now, place, samples } = given
  const found = hour?.lanes.find((one) => same(one, lane))
  const sent = rateOf(samples, "delivered", nameOf(lane))
  const isPaused = stateOf(lane) === "paused"
  const isMeant = place.lane !== undefined && same(place.lane, lane)
  const isLate = lane.expires !== undefined && lane.expires - now < 86_400_000
  return (
    <tr id={idOf(lane)} tabIndex={-1} class={`${isWell(lane) ? "" : "wrong"}${isMeant ? " meant" : ""}`}>
      <th scope="row">
        {lane.lane}
        <span class="quiet"> {lane.route}</span>
      </th>
      <td data-label="Gate">
        <span class={isWell(lane) ? "state" : isPaused ? "state mild" : "state bad"}>{stateText(lane)}</span>
        {isWell(lane) && lane.gate.notBefore > now && (
          <span class="quiet">
            {" waits, "}
            <Ago time={lane.gate.notBefore} now={now} />
          </span>
        )}
      </td>
      <td data-label="Delivered a second" class="number">
        {sent === undefined ? "–" : rate(sent)}
        {found !== undefined && (
          <Bars
            label={`Events delivered in each minute of the last hour through lane ${lane.lane}`}
            values={found.events}
            marked={found.failures}
          />
        )}
      </td>
      <td data-label="Waiting" class="number">
        {number(lane.waiting)}
        {lane.waiting > 0 && (
          <span class="quiet">
            <br />
            {bytes(lane.bytes)}
            {lane.share !== undefined && ` of ${bytes(lane.share.size)}`}
          </span>
        )}
      </td>
      <td data-label="Oldest waits for">
        {lane.oldest === undefined ? "–" : lasting(now - lane.oldest)}
        {lane.expires !== undefined && (
          <span class={isLate ? "bad" : "quiet"}>
            <br />
            dead in {lasting(lane.expires - now)}
          </span>
        )}
      </td>
      <td data-label="Last success">
        {lane.lastSuccess === undefined ? "–" : <Ago time={lane.lastSuccess} now={now} />}
      </td>
      <td data-label="Attempts in the last hour" class="number">
        <Attempts hour={found} />
      </td>
      <td>
        {act !== undefined && (
          <button
            type="button"
            class="small"
            aria-label={`${isPaused ? "Resume" : "Pause"} lane ${lane.lane} of route ${lane.route}`}
            onClick={() => act({ kind: isPaused ? "resume" : "pause", lane })}
          >
            {isPaused ? "Resume…" : "Pause…"}
          </button>
        )}
      </td>
    </tr>
  )
}

const Table = ({ lanes, ...given }: Given & { readonly lanes: ReadonlyArray<Lane> }) => (
  <div class="wide">
    <table class="lanes">
      <thead>
        <tr>
          <th scope="col">Lane</th>
          <th scope="col">Gate</th>
          <th scope="col" class="number">
            Delivered a second
          </th>
          <th scope="col" class="number">
            Waiting
          </th>
          <th scope="col">Oldest waits for</th>
          <th scope="col">Last success</th>
          <th scope="col" class="number">
            Attempts, last hour
          </th>
          <th scope="col">
            <span class="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {lanes.map((lane) => (
          <Fragment key={nameOf(lane)}>
            <Row {...given} lane={lane} />
            {!isWell(lane) && (
              <tr class="wrong more">
                <td colSpan={8}>
                  <Trouble lane={lane} now={given.now} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </tbody>
    </table>
  </div>
)

export const Lanes = (given: Given) => {
  const { overview, place } = given
  const lanes = byTrouble(overview.lanes)
  const shown = lanes.length <= fewRows ? lanes : lanes.filter((lane) => !isWell(lane) || lane.waiting > 0)
  const folded = lanes.filter((lane) => !shown.includes(lane))
  const isMeantFolded = place.lane !== undefined && folded.some((lane) => same(lane, place.lane!))
  useEffect(() => {
    if (place.lane === undefined) return
    const row = document.getElementById(idOf(place.lane))
    row?.focus({ preventScroll: true })
    row?.scrollIntoView({ block: "center" })
  }, [place.lane?.lane, place.lane?.route])
  return (
    <section aria-labelledby="lanes">
      <h2 id="lanes" tabIndex={-1}>
        Lanes
      </h2>
      {lanes.length === 0 && <p class="quiet">No lane has been used yet.</p>}
      {shown.length > 0 && <Table {...given} lanes={shown} />}
      {folded.length > 0 && (
        <details open={isMeantFolded || shown.length === 0}>
          <summary>{counted(folded.length, "lane")} open, with nothing waiting</summary>
          <Table {...given} lanes={folded} />
        </details>
      )}
    </section>
  )
}
