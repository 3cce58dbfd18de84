/** The page of an exporter. */
import { render } from "preact"
import { useEffect, useRef, useState } from "preact/hooks"
import { get, token } from "../parts/ask.ts"
import { usePolled } from "../parts/poll.ts"
import { Ago } from "../parts/Time.tsx"
import { utc } from "../parts/words.ts"
import { type Action, Ask } from "./Actions.tsx"
import { Attention } from "./Attention.tsx"
import { Backfills } from "./Backfills.tsx"
import { DeadLetters } from "./DeadLetters.tsx"
import { Fleet } from "./Fleet.tsx"
import { Lanes } from "./Lanes.tsx"
import { Ledger } from "./Ledger.tsx"
import { Login } from "./Login.tsx"
import {
  type About,
  type Backfill,
  type FleetSeen,
  type Hour,
  type Overview,
  type Sample,
  sampleOf,
  withFleet,
  withSample
} from "./model.ts"
import { usePlace, useSight } from "./place.ts"
import { Outbox, Routes, Sources } from "./Sources.tsx"

/** Milliseconds between two looks. */
const every = { status: 2000, hour: 10_000, about: 60_000 }

const useNow = (): number => {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}

const Header = ({
  about,
  overview,
  now,
  problem,
  at
}: {
  readonly about: About | undefined
  readonly overview: Overview
  readonly now: number
  readonly problem: string | undefined
  readonly at: number | undefined
}) => (
  <header>
    <h1>
      {overview.exporter} <span class="quiet">Millrace</span>
    </h1>
    <p>
      {overview.started !== undefined && (
        <span>
          running, started <Ago time={overview.started} now={now} />
        </span>
      )}
      {about?.readOnly === true && <span class="state mild">only reads</span>}
      <span class="clock">{utc(now)}</span>
    </p>
    {problem !== undefined && (
      <p role="alert" class="trouble">
        The exporter gives no answer ({problem}). What stands here is
        {at === undefined ? " old" : ` from ${utc(at)}`}; it is asked again.
      </p>
    )}
    <nav aria-label="Parts of this page">
      <a href="#attention">attention</a>
      <a href="#lanes">lanes</a>
      {overview.instances !== undefined && <a href="#fleet">fleet</a>}
      <a href="#dead-letters">dead letters</a>
      <a href="#ledger">ledger</a>
    </nav>
  </header>
)

const Page = () => {
  const now = useNow()
  const place = usePlace()
  const [turn, setTurn] = useState(0)
  const [action, setAction] = useState<Action | undefined>()
  const [notice, setNotice] = useState("")
  const samples = useRef<ReadonlyArray<Sample>>([])
  const fleet = useRef<FleetSeen | undefined>(undefined)
  const isTried = useRef(false)
  const status = usePolled(() => get<Overview>("./api/status"), every.status, turn)
  const { value: about } = usePolled(() => get<About>("./api/about"), every.about, turn)
  const { value: hour } = usePolled(() => get<Hour>("./api/history"), every.hour, turn)
  const { value: past } = usePolled(
    () => get<{ readonly backfills: ReadonlyArray<Backfill> }>("./api/backfills"),
    every.hour,
    turn
  )
  const overview = status.value
  if (overview !== undefined && status.at !== undefined && status.at !== samples.current.at(-1)?.at) {
    samples.current = withSample(samples.current, sampleOf(overview, status.at))
    if (overview.instances !== undefined)
      fleet.current = withFleet(fleet.current ?? { members: [], gone: [] }, overview.instances)
  }
  for (const section of ["attention", "sources", "routes", "ledger", "fleet", "backfills"])
    useSight(section, place)
  useEffect(() => {
    document.title =
      overview === undefined ? "Millrace" : `${overview.attention.length > 0 ? "! " : ""}${overview.exporter}`
  }, [overview?.exporter, overview?.attention.length])

  if (status.isRefused === true) {
    const onGiven = () => {
      isTried.current = true
      setTurn(turn + 1)
    }
    return <Login key={turn} isWrong={isTried.current} onGiven={onGiven} />
  }
  if (overview === undefined)
    return (
      <main>
        <p role="status">{status.problem ?? "looking…"}</p>
      </main>
    )
  const act = about === undefined || about.readOnly ? undefined : setAction
  const config = about?.config ?? "millrace.yaml"
  const given = { about, act, config, hour, now, overview, place, samples: samples.current, turn }
  const onDone = (text: string) => {
    setAction(undefined)
    setNotice(text)
    setTurn(turn + 1)
  }
  return (
    <div class="page">
      <Header {...given} problem={status.problem} at={status.at} />
      <main>
        <p role="status" class={notice === "" ? "unseen" : "notice"}>
          {notice}
          {notice !== "" && (
            <button type="button" class="small" onClick={() => setNotice("")}>
              close
            </button>
          )}
        </p>
        <Attention {...given} />
        <div class="flow">
          <div class="side">
            <Sources {...given} />
            <Routes {...given} />
            <Outbox {...given} />
          </div>
          <div>
            <Lanes {...given} />
            <Backfills backfills={past?.backfills} config={config} now={now} />
            <Fleet fleet={fleet.current} now={now} />
          </div>
        </div>
        <DeadLetters {...given} />
        <Ledger {...given} />
      </main>
      <footer>
        <span>Millrace {about?.version}</span>
        {token.isKept() && (
          <button
            type="button"
            class="small"
            onClick={() => {
              token.forget()
              setTurn(turn + 1)
            }}
          >
            forget the token
          </button>
        )}
      </footer>
      {action !== undefined && (
        <Ask action={action} config={config} onClose={() => setAction(undefined)} onDone={onDone} />
      )}
    </div>
  )
}

const root = document.getElementById("page")
if (root !== null) render(<Page />, root)
