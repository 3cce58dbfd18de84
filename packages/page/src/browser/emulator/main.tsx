/** The page of the emulator: what it holds, refused and dropped, by feed and type. */
import { render } from "preact"
import { useRef, useState } from "preact/hooks"
import { get } from "../parts/ask.ts"
import { Bars } from "../parts/Bars.tsx"
import { usePolled } from "../parts/poll.ts"
import { number, rate } from "../parts/words.ts"
import { type Counts, lastMinute, rateOf, type State, typesOf, withState } from "./model.ts"

const every = 1000

const refusedText = ({ refused }: Counts): string =>
  Object.entries(refused)
    .map(([status, count]) => `${status}: ${number(count)}`)
    .join(", ") || "0"

const Row = ({
  name,
  counts,
  held
}: {
  readonly name: string
  readonly counts: Counts
  readonly held: string
}) => (
  <tr class={Object.keys(counts.refused).length > 0 || counts.dropped > 0 ? "wrong" : ""}>
    <th scope="row">{name}</th>
    <td data-label="Distinct events held" class="number">
      {number(counts.distinctEvents)}
    </td>
    <td data-label="Events a second" class="number">
      {held}
    </td>
    <td data-label="Requests" class="number">
      {number(counts.requests)}
    </td>
    <td data-label="Batches held" class="number">
      {number(counts.accepted)}
    </td>
    <td data-label="Duplicates" class="number">
      {number(counts.duplicates)}
      {counts.conflicting > 0 && <span class="bad">, {number(counts.conflicting)} conflicting</span>}
    </td>
    <td data-label="Refused" class="number">
      {refusedText(counts)}
    </td>
    <td data-label="Dropped" class="number">
      {number(counts.dropped)}
    </td>
    <td data-label="Unanswered" class="number">
      {number(counts.unanswered)}
    </td>
  </tr>
)

/** Types that are shown without being asked for. */
const fewTypes = 15

const Types = ({ state }: { readonly state: State }) => {
  const [isWhole, setWhole] = useState(false)
  const feeds = Object.keys(state.feeds)
  const types = typesOf(state)
  const most = Math.max(1, ...types.map(({ events }) => events))
  return (
    <section aria-labelledby="types">
      <h2 id="types">Events held, by type: {number(types.length)} types</h2>
      {types.length === 0 && <p class="quiet">None yet.</p>}
      {types.length > 0 && (
        <div class="wide">
          <table>
            <thead>
              <tr>
                <th scope="col">Type</th>
                <th scope="col" class="number">
                  Events
                </th>
                {feeds.map((feed) => (
                  <th scope="col" class="number" key={feed}>
                    {feed}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {types.slice(0, isWhole ? types.length : fewTypes).map(({ byFeed, events, type }) => (
                <tr key={type}>
                  <th scope="row">{type}</th>
                  <td data-label="Events" class="number">
                    {number(events)}{" "}
                    <meter min={0} max={most} value={events} aria-label={`Events of type ${type}`} />
                  </td>
                  {feeds.map((feed) => (
                    <td data-label={feed} class="number" key={feed}>
                      {number(byFeed[feed] ?? 0)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {types.length > fewTypes && (
        <p class="buttons">
          <button type="button" onClick={() => setWhole(!isWhole)}>
            {isWhole ? "fewer types" : `all ${types.length} types`}
          </button>
        </p>
      )}
    </section>
  )
}

const Page = () => {
  const { at, problem, value: state } = usePolled(() => get<State>("./_emulator/state"), every, 0)
  const seen = useRef<ReturnType<typeof withState>>([])
  if (state !== undefined && at !== undefined && seen.current.at(-1)?.at !== at)
    seen.current = withState(seen.current, state, at)
  if (state === undefined)
    return (
      <main>
        <p role="status">{problem ?? "looking…"}</p>
      </main>
    )
  const rateText = (feed: string | undefined): string => {
    const found = rateOf(seen.current, feed)
    return found === undefined ? "–" : rate(found)
  }
  return (
    <div class="page">
      <header>
        <h1>
          mParticle emulator <span class="quiet">Millrace</span>
        </h1>
        <p>
          <span>holds {number(state.totals.distinctEvents)} distinct events</span>
        </p>
        {problem !== undefined && (
          <p role="alert" class="trouble">
            The emulator gives no answer ({problem}); it is asked again.
          </p>
        )}
      </header>
      <main>
        <section aria-labelledby="feeds">
          <h2 id="feeds">Feeds</h2>
          <div class="recent">
            <Bars
              label="Distinct events that came in each second of the last minute"
              values={lastMinute(seen.current)}
            />
          </div>
          <div class="wide">
            <table class="lanes">
              <thead>
                <tr>
                  <th scope="col">Feed</th>
                  <th scope="col" class="number">
                    Distinct events held
                  </th>
                  <th scope="col" class="number">
                    Events a second
                  </th>
                  <th scope="col" class="number">
                    Requests
                  </th>
                  <th scope="col" class="number">
                    Batches held
                  </th>
                  <th scope="col" class="number">
                    Duplicates
                  </th>
                  <th scope="col" class="number">
                    Refused
                  </th>
                  <th scope="col" class="number">
                    Dropped
                  </th>
                  <th scope="col" class="number">
                    Unanswered
                  </th>
                </tr>
              </thead>
              <tbody>
                {Object.entries(state.feeds).map(([feed, counts]) => (
                  <Row key={feed} name={feed} counts={counts} held={rateText(feed)} />
                ))}
                {state.unknown.requests > 0 && (
                  <Row name="(credentials of no feed)" counts={state.unknown} held="–" />
                )}
                <Row name="all" counts={state.totals} held={rateText(undefined)} />
              </tbody>
            </table>
          </div>
        </section>
        <Types state={state} />
        <section aria-labelledby="failures">
          <h2 id="failures">Failures on demand</h2>
          {state.failures.length === 0 && <p class="quiet">None stands.</p>}
          <ul>
            {state.failures.map((failure) => (
              <li key={JSON.stringify(failure)}>
                <code>{JSON.stringify(failure)}</code>
              </li>
            ))}
          </ul>
          <p class="quiet">Seed {state.seed}</p>
        </section>
      </main>
    </div>
  )
}

const root = document.getElementById("page")
if (root !== null) render(<Page />, root)
