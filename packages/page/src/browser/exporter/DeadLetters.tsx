/** Dead letters: by reason, filtered, page by page; one whole, with what was sent of it. */
import { useEffect, useState } from "preact/hooks"
import { get, messageOf } from "../parts/ask.ts"
import { Command } from "../parts/Command.tsx"
import { Ago } from "../parts/Time.tsx"
import { number } from "../parts/words.ts"
import type { Action } from "./Actions.tsx"
import * as Commands from "./commands.ts"
import { Letter } from "./Letter.tsx"
import { type Filter, filterParts, groupsOf, type Listed, type Overview } from "./model.ts"
import { type Place, toLetters, useSight } from "./place.ts"

interface Given {
  readonly overview: Overview
  readonly config: string
  readonly now: number
  readonly place: Place
  readonly act: ((action: Action) => void) | undefined
  /** Changes whenever something was done to them. */
  readonly turn: number
}

const Groups = ({ overview, place, act }: Given) => {
  const groups = groupsOf(overview)
  return (
    <table class="groups">
      <caption class="unseen">Dead letters by reason</caption>
      <tbody>
        {groups.map(({ letters, reason, route }) => {
          const isChosen = place.filter.reason === reason && place.filter.route === route
          return (
            <tr key={`${route} ${reason}`} class={isChosen ? "chosen" : ""}>
              <th scope="row">
                <a href={toLetters({ route, reason })} aria-current={isChosen}>
                  {reason}
                </a>
                <span class="quiet"> {route}</span>
              </th>
              <td>{number(letters)}</td>
              <td>
                {act !== undefined && (
                  <button
                    type="button"
                    class="small"
                    aria-label={`Replay the dead letters ${reason} of route ${route}`}
                    onClick={() => act({ kind: "replay", filter: { route, reason } })}
                  >
                    Replay…
                  </button>
                )}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

const Choice = ({ overview, place }: Given) => {
  const onSubmit = (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const filter: Filter = Object.fromEntries(
      filterParts.flatMap((part) => {
        const value = String(given.get(part) ?? "").trim()
        return value === "" ? [] : [[part, value]]
      })
    )
    location.hash = toLetters(filter)
  }
  const options: Readonly<Record<string, ReadonlyArray<string>>> = {
    route: Object.keys(overview.routes),
    lane: [...new Set(overview.lanes.map(({ lane }) => lane))].sort(),
    reason: [...new Set(groupsOf(overview).map(({ reason }) => reason))].sort()
  }
  return (
    <form class="filter" onSubmit={onSubmit} key={JSON.stringify(place.filter)}>
      {filterParts.map((part) => (
        <span key={part} class="field">
          <label for={`filter-${part}`}>{part}</label>
          {options[part] === undefined ? (
            <input
              id={`filter-${part}`}
              name={part}
              autocomplete="off"
              spellcheck={false}
              defaultValue={place.filter[part] ?? ""}
              placeholder={part === "type" ? "users.messages.*" : "any"}
            />
          ) : (
            <select id={`filter-${part}`} name={part} defaultValue={place.filter[part] ?? ""}>
              <option value="">any</option>
              {options[part].map((value) => (
                <option key={value} selected={value === place.filter[part]}>
                  {value}
                </option>
              ))}
            </select>
          )}
        </span>
      ))}
      <span class="buttons">
        <button type="submit" class="main">
          Find
        </button>
        <a href={toLetters({})}>no filter</a>
      </span>
    </form>
  )
}

interface Found {
  readonly letters?: ReadonlyArray<Listed>
  readonly after?: number
  readonly problem?: string
}

const useFound = ({ overview, place, turn }: Given): Found => {
  const [found, setFound] = useState<Found>({})
  const { after, filter } = place
  const dead = groupsOf(overview).reduce((total, { letters }) => total + letters, 0)
  useEffect(() => {
    let isOver = false
    const query = new URLSearchParams({ ...filter, after: String(after), limit: "25" })
    get<Found>(`./api/dead-letters?${query}`).then(
      (page) => isOver || setFound(page),
      (cause) => isOver || setFound({ problem: messageOf(cause) })
    )
    return () => {
      isOver = true
    }
  }, [JSON.stringify(filter), after, turn, dead])
  return found
}

const Rows = ({ letters, now, place }: Given & { readonly letters: ReadonlyArray<Listed> }) => (
  <div class="wide">
    <table>
      <thead>
        <tr>
          <th scope="col" class="number">
            Dead letter
          </th>
          <th scope="col">Written</th>
          <th scope="col">Lane</th>
          <th scope="col">Reason</th>
          <th scope="col">Type</th>
          <th scope="col">Event, or where it came from</th>
        </tr>
      </thead>
      <tbody>
        {letters.map(({ at, detail, event, id, lane, origin, reason, route, type }) => (
          <tr key={id} class={place.letter === id ? "chosen" : ""}>
            <th scope="row" class="number">
              <a href={toLetters(place.filter, { after: place.after, id })}>{id}</a>
            </th>
            <td data-label="Written" class="short">
              <Ago time={at} now={now} />
            </td>
            <td data-label="Lane">
              {lane === "" ? "–" : lane} <span class="quiet">{route}</span>
            </td>
            <td data-label="Reason" class="short" title={detail}>
              {reason}
            </td>
            <td data-label="Type">{type ?? "–"}</td>
            <td data-label="Event" class="long">
              {event ?? (origin.split || `source ${origin.source}`)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

export const DeadLetters = (given: Given) => {
  const { act, config, overview, place } = given
  const found = useFound(given)
  useSight("dead-letters", place)
  const total = groupsOf(overview).reduce((sum, { letters }) => sum + letters, 0)
  const { filter } = place
  return (
    <section aria-labelledby="dead-letters">
      <h2 id="dead-letters" tabIndex={-1}>
        Dead letters: {number(total)}
      </h2>
      {total === 0 && <p class="quiet">There are none.</p>}
      {total > 0 && (
        <div class="letters">
          <div>
            <Groups {...given} />
            <Choice {...given} />
          </div>
          <div>
            {place.letter !== undefined && <Letter {...given} id={place.letter} />}
            {found.problem !== undefined && (
              <p role="alert" class="trouble">
                {found.problem}
              </p>
            )}
            {found.letters !== undefined && found.letters.length === 0 && (
              <p class="quiet">There are no such dead letters.</p>
            )}
            {found.letters !== undefined && found.letters.length > 0 && (
              <Rows {...given} letters={found.letters} />
            )}
            <p class="buttons">
              {place.after > 0 && <a href={toLetters(filter)}>first page</a>}
              {found.after !== undefined && <a href={toLetters(filter, { after: found.after })}>next page</a>}
              {act !== undefined && (found.letters ?? []).length > 0 && (
                <button type="button" onClick={() => act({ kind: "replay", filter })}>
                  {Object.keys(filter).length === 0 ? "Replay all…" : "Replay what the filter finds…"}
                </button>
              )}
              {act !== undefined && (found.letters ?? []).length > 0 && (
                <button type="button" class="grave" onClick={() => act({ kind: "purge", filter })}>
                  {Object.keys(filter).length === 0 ? "Purge all…" : "Purge what the filter finds…"}
                </button>
              )}
            </p>
            <Command text={Commands.ofLetters("list", config, filter)} />
            {filter.user !== undefined && (
              <div>
                <p class="quiet">
                  To remove for good all that is stored of this user, also what waits in the lanes:
                </p>
                <Command text={Commands.ofUser(config, filter.user)} />
              </div>
            )}
          </div>
        </div>
      )}
    </section>
  )
}
