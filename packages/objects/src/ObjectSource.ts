/**
 * A source of the objects below a prefix of a store. What there is to read is found as `Schedule` says; each object is a split
 * that is read from its checkpoint on.
 *
 * @since 1.0.0
 */
import type { Event, UnknownEvent } from "@millrace/core/Event"
import type { Intake } from "@millrace/core/Intake"
import * as Plugin from "@millrace/core/Plugin"
import * as Source from "@millrace/core/Source"
import type { BrazeEvent } from "@millrace/events-braze"
import * as Checkpoint from "@millrace/formats/Checkpoint"
import type { Format } from "@millrace/formats/Format"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { expectObject } from "./internal/anyObject.ts"
import * as Pass from "./internal/pass.ts"
import * as NamedFormat from "./NamedFormat.ts"
import { hourOf, type ObjectSettings } from "./ObjectSettings.ts"
import type { ObjectStore } from "./ObjectStore.ts"

/**
 * A store that is open, and what tells of changes in it.
 *
 * @since 1.0.0
 * @category models
 */
export interface Opened {
  readonly store: ObjectStore
  /**
   * Suspends until notifications have come, and yields the keys that they name; asked again at once. They are hints: what they
   * name is listed, and what they leave out is found by listing. Never fails: trouble with them is logged by the adapter.
   */
  readonly told?: Effect.Effect<ReadonlyArray<string>>
}

/**
 * What is read, and where.
 *
 * @since 1.0.0
 * @category models
 */
export interface Options<E extends Event> extends Opened {
  /** The package of the source, for errors. */
  readonly plugin: string
  readonly format: Format<E>
  readonly settings: Pick<ObjectSettings, "prefix" | "from" | "interval">
}

/**
 * Reads what is new, and what is new after that while it follows. A finite run ends when every object is read, and then fails
 * if some could not be.
 *
 * @since 1.0.0
 * @category constructors
 */
export const run = <E extends Event>(
  { settings, ...options }: Options<E>,
  intake: Intake<E>,
  given: Source.RunOptions
): Effect.Effect<void, Source.SourceError> =>
  Pass.run(
    {
      ...options,
      prefix: settings.prefix,
      from: settings.from === undefined ? "" : (hourOf(settings.from) ?? ""),
      interval: Duration.toMillis(settings.interval)
    },
    intake,
    given
  )

/**
 * What the author of a source of objects writes.
 *
 * @since 1.0.0
 * @category models
 */
export interface Declaration<Settings extends ObjectSettings, Input, Credentials, CredentialsInput> {
  /** The npm name of the package. */
  readonly name: string
  /** `ObjectSettings.fields`, and what tells which store it is. */
  readonly settings: Schema.Codec<Settings, Input>
  readonly credentials: Schema.Codec<Credentials, CredentialsInput>
  /** Opens the store with credentials that were read for this run; the scope ends with it. */
  readonly open: (
    settings: Settings,
    credentials: Credentials
  ) => Effect.Effect<Opened, Source.SourceError, Scope.Scope>
}

/**
 * What sources of objects yield; in code, the events of the format.
 *
 * @since 1.0.0
 * @category models
 */
export type ObjectEvent = Event | BrazeEvent | UnknownEvent

/**
 * A plugin of a store. In code its format tells which events it yields.
 *
 * @since 1.0.0
 * @category models
 */
export type ObjectPlugin<Input, CredentialsInput> = ((
  options: Plugin.Options<Input & { readonly format: "braze-currents" }, CredentialsInput>
) => Source.Source<BrazeEvent | UnknownEvent>) &
  Plugin.Plugin<Input, CredentialsInput, Source.Source<ObjectEvent>>

/**
 * The plugin of a store. A split is an object's key.
 *
 * @since 1.0.0
 * @category constructors
 */
export const plugin = <Settings extends ObjectSettings, Input, Credentials, CredentialsInput>({
  credentials: credentialsSchema,
  name,
  open,
  settings: settingsSchema
}: Declaration<Settings, Input, Credentials, CredentialsInput>): ObjectPlugin<Input, CredentialsInput> => {
  const sourceOf = <E extends Event>(
    { catalogue, format }: NamedFormat.NamedFormat<E>,
    settings: Settings,
    credentials: Effect.Effect<Credentials, Plugin.PluginError>,
    changed: Effect.Effect<void> | undefined
  ): Source.Source<E> => ({
    plugin: name,
    catalogue,
    replayable: true,
    ranged: true,
    parallel: true,
    placeOf: Checkpoint.placeOf,
    ...(changed === undefined ? {} : { changed }),
    check: Effect.fnUntraced(function* ({ follow }) {
      const { store } = yield* open(settings, yield* credentials)
      yield* expectObject(store, settings.prefix, follow)
    }, Effect.scoped),
    run: Source.withCredentials<E, Credentials>(
      credentials,
      (given) => (intake, options) =>
        Effect.scoped(
          Effect.flatMap(open(settings, given), (opened) =>
            run({ ...opened, plugin: name, format, settings }, intake, options)
          )
        )
    )
  })

  const made = Plugin.make({
    name,
    kind: "source",
    settings: settingsSchema,
    credentials: credentialsSchema,
    // The format decides on the catalogue, so this is no `Source.plugin`.
    make: (settings, credentials, changed): Source.Source<ObjectEvent> =>
      settings.format === "event"
        ? sourceOf(NamedFormat.event, settings, credentials, changed)
        : sourceOf(NamedFormat.brazeCurrents, settings, credentials, changed)
  })
  // What it makes follows from the format, which its type cannot say.
  return made as ObjectPlugin<Input, CredentialsInput>
}
