/** The plugin under test with every default filled in, its settings and credentials no longer of a type. */
import type { Destination } from "@millrace/core/Destination"
import type { Event } from "@millrace/core/Event"
import type { PluginError } from "@millrace/core/Plugin"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Answer, Request } from "../../FaultyRemote.ts"
import type { DestinationUnderTest, Judged, Remote } from "./destinationUnderTest.ts"
import * as Secrets from "./secrets.ts"

export interface Given {
  readonly credentials: Effect.Effect<unknown>
  readonly changed?: Effect.Effect<void>
}

export interface Subject<E extends Event> {
  readonly name: string
  readonly schemas: { readonly settings: Schema.Top; readonly credentials: Schema.Top }
  readonly readme: URL | undefined
  readonly samples: readonly [E, ...ReadonlyArray<E>]
  /** The first and the second; `undefined` where the destination has none. */
  readonly credentials: readonly [unknown, unknown] | undefined
  readonly remote: Spoken
  readonly make: (origin: string, given?: Given) => Effect.Effect<Destination<E>, PluginError>
}

/** A remote with every default filled in. */
export interface Spoken {
  readonly ids: Remote["ids"]
  readonly accepted: (ids: ReadonlyArray<string>) => Answer
  readonly each: ((messages: ReadonlyArray<Judged>) => Answer) | undefined
  readonly namesOnlyRefused: boolean
  readonly refused: Answer | false
  readonly tooLarge: Answer | false
  readonly throttled: Answer | false
  readonly unauthorized: ReadonlyArray<Answer> | false
  readonly unavailable: ReadonlyArray<Answer>
  readonly otherwise: (request: Request) => Answer
  readonly token: NonNullable<Remote["token"]> | undefined
  readonly carries: (request: Request, credentials: unknown) => boolean
  readonly requestBytes: number | undefined
}

const well: Answer = { status: 200, body: "{}" }

const speak = (remote: Remote): Spoken => {
  const { accepted, each, otherwise = well } = remote
  return {
    ids: remote.ids,
    accepted: (ids) =>
      accepted ?? (each === undefined ? well : each(ids.map((id) => ({ id, accepted: true })))),
    each,
    namesOnlyRefused: remote.namesOnlyRefused ?? false,
    refused: remote.refused ?? { status: 400 },
    tooLarge: remote.tooLarge ?? { status: 413 },
    throttled: remote.throttled ?? { status: 429 },
    unauthorized: remote.unauthorized ?? [{ status: 401 }],
    unavailable: remote.unavailable ?? [{ status: 500 }, { status: 503 }],
    otherwise: typeof otherwise === "function" ? otherwise : () => otherwise,
    token: remote.token,
    carries: remote.carries ?? Secrets.carries,
    requestBytes: remote.requestBytes
  }
}

export const make = <E extends Event, Input, CredentialsInput>(
  under: DestinationUnderTest<E, Input, CredentialsInput>
): Subject<E> => {
  const { credentials, plugin, settings } = under
  return {
    name: plugin.info.name,
    schemas: { settings: plugin.settingsSchema, credentials: plugin.credentialsSchema },
    readme: under.readme,
    samples: under.events,
    credentials,
    remote: speak(under.remote || {}),
    make: (origin, given) =>
      Effect.suspend(() =>
        Effect.fromResult(
          plugin.fromUnknown({
            settings: settings(origin),
            credentials: given?.credentials ?? Effect.succeed(credentials?.[0] ?? {}),
            ...(given?.changed === undefined ? {} : { credentialsChanged: given.changed })
          })
        )
      )
  }
}
