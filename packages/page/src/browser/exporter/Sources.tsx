/** Where events come from, and how far behind each source is; then the routes that take them. */
import { Ago } from "../parts/Time.tsx"
import { bytes, counted, lasting, number, rate } from "../parts/words.ts"
import { type About, missingOf, type Overview, rateOf, type Sample, sum } from "./model.ts"
import { toLetters } from "./place.ts"

type Source = Overview["sources"][number]

const well = new Set(["reading", "waiting", "ended"])

const lagText = ({ lag }: Source): string => {
  if (lag === undefined) return "not told"
  if (lag.count === 0) return "nothing"
  return `${number(lag.count)}${lag.bytes === undefined ? "" : `, ${bytes(lag.bytes)}`}`
}

const One = ({ source, now }: { readonly source: Source; readonly now: number }) => (
  <li class={well.has(source.state) ? "card" : "card grave"}>
    <h3>
      {source.source} <span class={well.has(source.state) ? "state" : "state bad"}>{source.state}</span>
    </h3>
    {source.trouble !== undefined && <p class="trouble">{source.trouble}</p>}
    <dl>
      <dt>Not read yet</dt>
      <dd>{lagText(source)}</dd>
      {source.lag?.oldest !== undefined && source.lag.count > 0 && <dt>Behind</dt>}
      {source.lag?.oldest !== undefined && source.lag.count > 0 && (
        <dd>{lasting(now - source.lag.oldest)}</dd>
      )}
      <dt title="In the last minute">Events a second</dt>
      <dd>{source.eventsPerSecond === undefined ? "–" : rate(source.eventsPerSecond)}</dd>
      <dt>Last read</dt>
      <dd>{source.lastRead === undefined ? "–" : <Ago time={source.lastRead} now={now} />}</dd>
      <dt>Newest event</dt>
      <dd>{source.newestEvent === undefined ? "–" : <Ago time={source.newestEvent} now={now} />}</dd>
      {source.nextTry !== undefined && source.nextTry > now && <dt>Next try</dt>}
      {source.nextTry !== undefined && source.nextTry > now && (
        <dd>
          <Ago time={source.nextTry} now={now} />
        </dd>
      )}
      {source.unread.splits > 0 && <dt>Not read to the end</dt>}
      {source.unread.splits > 0 && <dd>{counted(source.unread.splits, "file")}</dd>}
    </dl>
    {source.problems.first.map(({ detail, split }) => (
      <p class="trouble" key={split ?? ""}>
        {detail}
      </p>
    ))}
  </li>
)

export const Sources = ({ overview, now }: { readonly overview: Overview; readonly now: number }) => (
  <section aria-labelledby="sources">
    <h2 id="sources" tabIndex={-1}>
      Sources
    </h2>
    <ul class="cards">
      {overview.sources.map((source) => (
        <One key={source.source} source={source} now={now} />
      ))}
    </ul>
    {overview.sources.length === 0 && <p class="quiet">Each exporter tells of its own sources.</p>}
  </section>
)

export const Routes = ({
  about,
  overview,
  samples
}: {
  readonly about: About | undefined
  readonly overview: Overview
  readonly samples: ReadonlyArray<Sample>
}) => (
  <section aria-labelledby="routes">
    <h2 id="routes" tabIndex={-1}>
      Routes
    </h2>
    <ul class="cards">
      {Object.entries(overview.routes).map(([route, counts]) => {
        const reading = rateOf(samples, "read", route)
        const sources = about?.routes.find(({ name }) => name === route)?.sources.join(", ")
        const isBalanced = missingOf(counts) === 0
        return (
          <li key={route} class={isBalanced ? "card" : "card grave"}>
            <h3>{route}</h3>
            <dl>
              {sources !== undefined && <dt>From</dt>}
              {sources !== undefined && <dd>{sources}</dd>}
              <dt>Read</dt>
              <dd>
                <a href="#ledger">{number(counts.read)}</a>
                {reading !== undefined && reading > 0 && `, ${rate(reading)} a second`}
              </dd>
              <dt>Delivered</dt>
              <dd>{number(sum(counts.delivered))}</dd>
              <dt>Waiting</dt>
              <dd>
                <a href="#lanes">{number(sum(counts.waiting))}</a>
              </dd>
              <dt>Dead letters</dt>
              <dd>
                <a href={toLetters({ route })}>{number(sum(counts.dead))}</a>
              </dd>
            </dl>
          </li>
        )
      })}
    </ul>
  </section>
)

export const Outbox = ({ overview }: { readonly overview: Overview }) => {
  const { bytes: size, free, limit, problem } = overview.outbox
  return (
    <section aria-labelledby="outbox">
      <h2 id="outbox">Outbox</h2>
      <div class="card">
        <dl>
          <dt>Holds</dt>
          <dd>
            {size === undefined ? "in memory" : bytes(size)}
            {limit !== undefined && ` of ${bytes(limit)}`}
          </dd>
          {free !== undefined && <dt>Free on its disk</dt>}
          {free !== undefined && <dd>{bytes(free)}</dd>}
        </dl>
        {size !== undefined && limit !== undefined && (
          <meter
            min={0}
            max={limit}
            high={limit * 0.8}
            optimum={0}
            value={size}
            aria-label="How full the outbox is"
          />
        )}
        {problem !== undefined && <p class="trouble">{problem}</p>}
      </div>
    </section>
  )
}
