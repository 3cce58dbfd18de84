/**
 * Who owns what in an outbox in memory that several share: sessions that are alive as long as they are heard of, leases with
 * tokens, and what each session has to hear of the others.
 */
import type {
  GateState,
  Instance,
  InstanceState,
  LaneKey,
  News,
  Sequence,
  Token,
  TrackKey
} from "../Outbox.ts"
import * as OutboxRules from "../OutboxRules.ts"
import type { Fences } from "./memoryStore.ts"

export interface Session {
  readonly instances: Map<symbol, Instance & { readonly since: number }>
  /** When it was last heard of, by the store's clock. */
  seen: number
  readonly tracks: Map<string, TrackKey>
  readonly gates: Map<string, LaneKey & { readonly gate: GateState }>
  isFleetChanged: boolean
  /** Called when there is something to hear. */
  readonly tell: () => void
}

interface Held {
  token: Token
  owner: Session | undefined
}

export interface MemoryFleet {
  readonly open: (tell: () => void) => Session
  readonly close: (session: Session) => void
  /** It is there. Yields the leases that it holds by now, with their tokens. */
  readonly hear: (session: Session) => ReadonlyMap<string, Token>
  readonly changed: (by: Session) => void
  /** Takes at most so many of the names that are free. */
  readonly take: (
    session: Session,
    names: ReadonlyArray<string>,
    most: number
  ) => ReadonlyArray<{ readonly name: string; readonly token: Token }>
  readonly release: (session: Session, name: string, token: Token) => void
  readonly instances: () => ReadonlyArray<InstanceState>
  readonly news: (session: Session) => News | undefined
  readonly fences: (session: Session) => Fences
}

/** `time` is for how many milliseconds a session that is not heard of keeps its leases; `now` is the store's clock. */
export const make = (time: number, now: () => number): MemoryFleet => {
  const sessions = new Set<Session>()
  const leases = new Map<string, Held>()
  const heads = new Map<string, { readonly sequence: Sequence; readonly by: Session }>()

  const isThere = (session: Session | undefined): session is Session =>
    session !== undefined && sessions.has(session) && now() < session.seen + time

  const others = (by: Session) => [...sessions].filter((session) => session !== by)

  const changed = (by: Session): void => {
    for (const session of others(by)) {
      session.isFleetChanged = true
      session.tell()
    }
  }

  const namesOf = (session: Session) =>
    [...leases].flatMap(([name, { owner }]) => (owner === session ? [name] : []))

  return {
    open: (tell) => {
      const session: Session = {
        instances: new Map(),
        seen: now(),
        tracks: new Map(),
        gates: new Map(),
        isFleetChanged: false,
        tell
      }
      sessions.add(session)
      return session
    },
    close: (session) => {
      sessions.delete(session)
      changed(session)
    },
    hear: (session) => {
      session.seen = now()
      return new Map(namesOf(session).map((name) => [name, leases.get(name)!.token]))
    },
    changed,
    take: (session, names, most) => {
      const free = names.filter((name) => !isThere(leases.get(name)?.owner)).slice(0, most)
      return free.map((name) => {
        const token = (leases.get(name)?.token ?? 0) + 1
        leases.set(name, { token, owner: session })
        return { name, token }
      })
    },
    release: (session, name, token) => {
      const held = leases.get(name)
      if (held?.owner !== session || held.token !== token) return
      held.owner = undefined
      changed(session)
    },
    instances: () =>
      [...sessions].filter(isThere).flatMap((session) =>
        [...session.instances.values()].map(({ name, roles, since }) => ({
          name,
          roles,
          since,
          seen: session.seen,
          leases: namesOf(session)
        }))
      ),
    news: (session) => {
      const news: News = {
        tracks: [...session.tracks.values()],
        gates: [...session.gates.values()],
        fleet: session.isFleetChanged
      }
      session.tracks.clear()
      session.gates.clear()
      session.isFleetChanged = false
      return news.tracks.length + news.gates.length > 0 || news.fleet ? news : undefined
    },
    fences: (session) => ({
      holds: (name, token) => {
        const held = leases.get(name)
        return held?.owner === session && held.token === token
      },
      stored: (track, sequence) => {
        const name = OutboxRules.trackLease(track)
        const before = heads.get(name)
        heads.set(name, { sequence, by: session })
        const owner = leases.get(name)?.owner
        if (owner !== undefined && owner !== session) {
          owner.tracks.set(name, track)
          owner.tell()
        }
        return before === undefined || before.by === session ? 0 : before.sequence
      },
      gateSet: (lane, gate) => {
        for (const other of others(session)) {
          other.gates.set(JSON.stringify([lane.route, lane.lane]), { ...lane, gate })
          other.tell()
        }
      }
    })
  }
}
