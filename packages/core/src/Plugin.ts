/**
 * A plugin is a value: a function from options to a source, a destination or an outbox that closes over its
 * author's types. Code and files give the same encoded settings and pass the same strict decoder.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

/**
 * The contract that this version of core speaks, `major.minor`. It takes plugins of the same major that were written for
 * this minor or an older one: a minor only adds.
 *
 * @since 1.0.0
 * @category models
 */
export const contract: string = "1.0"

// `Symbol.for`: two copies of core in one process recognise each other's plugins.
const mark = Symbol.for("@millrace/core/Plugin")

/**
 * What a plugin makes.
 *
 * @since 1.0.0
 * @category models
 */
export type Kind = "source" | "destination" | "outbox"

/**
 * A plugin could not be loaded, or its options are no good. `detail` names the setting, never a value.
 *
 * @since 1.0.0
 * @category errors
 */
export class PluginError extends Schema.TaggedError<PluginError>()("PluginError", {
  plugin: Schema.String,
  reason: Schema.Literals(["NotInstalled", "NotAPlugin", "OtherContract", "Settings", "Credentials"]),
  /** One line per fault. */
  detail: Schema.String,
  /** Where in the settings or credentials, one entry per fault. */
  issues: Schema.optionalKey(
    Schema.Array(Schema.Struct({ path: Schema.Array(Schema.String), message: Schema.String }))
  )
}) {
  override get message(): string {
    return this.detail.replace(/^/gm, `${this.plugin}: `)
  }
}

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

type Given<Name extends string, A> = {} extends A ? { readonly [K in Name]?: A } : { readonly [K in Name]: A }

/**
 * Options in their encoded form. Credentials may be an Effect: run again when the remote refuses the old ones.
 *
 * @since 1.0.0
 * @category models
 */
export type Options<Input, CredentialsInput> = Given<"settings", Input> &
  Given<"credentials", CredentialsInput | Effect.Effect<CredentialsInput, PluginError>>

/**
 * A function from options to what it makes, with what editors and configuration files need to know of it.
 *
 * @since 1.0.0
 * @category models
 */
export interface Plugin<Input, CredentialsInput, Made> {
  /** For code: throws a `PluginError` when the settings are no good. */
  (options: Options<Input, CredentialsInput>): Made
  /** For files. */
  readonly fromUnknown: (options: {
    readonly settings: unknown
    readonly credentials: Effect.Effect<unknown, PluginError>
    /** Completes when the credentials may have changed. */
    readonly credentialsChanged?: Effect.Effect<void>
  }) => Result.Result<Made, PluginError>
  /** Describes the settings, for editors and for documentation. */
  readonly settingsSchema: Schema.Top
  readonly credentialsSchema: Schema.Top
  readonly info: { readonly name: string; readonly kind: Kind; readonly contract: string }
}

/**
 * A plugin of any kind; `Source.plugin`, `Destination.plugin` and `Outbox.plugin` are made of it.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make = <Settings, Input, Credentials, CredentialsInput, Made>(definition: {
  readonly name: string
  readonly kind: Kind
  readonly settings: Schema.Codec<Settings, Input>
  readonly credentials: Schema.Codec<Credentials, CredentialsInput>
  readonly make: (
    settings: Settings,
    credentials: Effect.Effect<Credentials, PluginError>,
    credentialsChanged: Effect.Effect<void> | undefined
  ) => Made
}): Plugin<Input, CredentialsInput, Made> => {
  const strict = { errors: "all", onExcessProperty: "error" } as const
  const decodeSettings = Schema.decodeUnknownResult(definition.settings, strict)
  const decodeCredentials = Schema.decodeUnknownResult(definition.credentials, strict)
  const failure = (reason: "Settings" | "Credentials", error: Schema.SchemaError) => {
    const root = reason === "Settings" ? "settings" : "credentials"
    const issues = formatIssues(error.issue).issues.map((issue) => ({
      path: [root, ...(issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part))],
      message: issue.message
    }))
    const detail = issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ")
    return new PluginError({ plugin: definition.name, reason, detail, issues })
  }
  const fromUnknown: Plugin<Input, CredentialsInput, Made>["fromUnknown"] = (options) =>
    Result.map(
      Result.mapError(decodeSettings(options.settings), (error) => failure("Settings", error)),
      (settings) =>
        definition.make(
          settings,
          Effect.flatMap(options.credentials, (given) =>
            Effect.mapError(Effect.fromResult(decodeCredentials(given)), (error) =>
              failure("Credentials", error)
            )
          ),
          options.credentialsChanged
        )
    )
  const fromCode = (options: { readonly settings?: unknown; readonly credentials?: unknown }): Made => {
    const { settings = {}, credentials = {} } = options
    return Result.getOrThrow(
      fromUnknown({
        settings,
        credentials: Effect.isEffect(credentials)
          ? (credentials as Effect.Effect<unknown, PluginError>)
          : Effect.succeed(credentials)
      })
    )
  }
  return Object.assign(fromCode, {
    fromUnknown,
    settingsSchema: definition.settings,
    credentialsSchema: definition.credentials,
    info: { name: definition.name, kind: definition.kind, contract },
    [mark]: contract
  })
}

/**
 * A result with a text for an error, as an Effect that names the plugin.
 *
 * @since 1.0.0
 * @category conversions
 */
export const fromResult = <A>(
  plugin: string,
  result: Result.Result<A, string>
): Effect.Effect<A, PluginError> =>
  Effect.fromResult(
    Result.mapError(result, (detail) => new PluginError({ plugin, reason: "Credentials", detail }))
  )

/**
 * Loads the plugin of a package: the one export made by a plugin constructor of the wanted kind. Where a package has
 * several, `package#export` names one of them.
 *
 * @since 1.0.0
 * @category constructors
 */
export const load: (
  use: string,
  kind: Kind,
  importer: (name: string) => Promise<unknown>
) => Effect.Effect<Plugin<unknown, unknown, unknown>, PluginError> = Effect.fnUntraced(
  function* (use, kind, importer) {
    const [name = use, chosen] = use.split(/#([^#/]*)$/)
    const module = yield* Effect.tryPromise({
      try: () => importer(name),
      catch: (cause) =>
        isMissing(cause, name)
          ? fail(use, "NotInstalled", `is not installed; run: npm install ${name}`)
          : fail(
              use,
              "NotAPlugin",
              `failed to load: ${cause instanceof Error ? cause.message : String(cause)}`
            )
    })
    const found = yield* Effect.fromResult(choose(use, kind, pluginsIn(module), chosen))
    if (speaks(found.info.contract)) return found
    return yield* fail(
      use,
      "OtherContract",
      `was written for contract ${found.info.contract} of @millrace/core, this program speaks contract ${contract}; install a matching version`
    )
  }
)

const fail = (plugin: string, reason: PluginError["reason"], detail: string) =>
  new PluginError({ plugin, reason, detail })

type Found = Plugin<unknown, unknown, unknown>

/** By the names of their exports, each once: a default export often has a name, too. */
const pluginsIn = (module: unknown): ReadonlyMap<string, Found> => {
  const exported = Object.entries(Object(module)).filter((entry): entry is [string, Found] =>
    isPlugin(entry[1])
  )
  const named = new Map(exported.map(([name, plugin]) => [plugin, name]))
  const byName = exported.filter(([name, plugin]) => name !== "default" || named.get(plugin) === name)
  return new Map(byName)
}

const choose = (
  use: string,
  kind: Kind,
  plugins: ReadonlyMap<string, Found>,
  chosen: string | undefined
): Result.Result<Found, PluginError> => {
  const refuse = (detail: string) => Result.fail(fail(use, "NotAPlugin", detail))
  const [first] = plugins.values()
  if (first === undefined) return refuse("exports no plugin made by @millrace/core")
  if (chosen !== undefined) {
    const plugin = plugins.get(chosen)
    if (plugin === undefined)
      return refuse(`exports no plugin of that name; it has ${[...plugins.keys()].join(", ")}`)
    return plugin.info.kind === kind
      ? Result.succeed(plugin)
      : refuse(`is no ${kind} but a ${plugin.info.kind}`)
  }
  const candidates = [...plugins].filter(([, { info }]) => info.kind === kind)
  const [candidate] = candidates
  if (candidate === undefined) return refuse(`is no ${kind} but a ${first.info.kind}`)
  if (candidates.length === 1) return Result.succeed(candidate[1])
  const names = candidates.map(([name]) => name)
  return refuse(`has several plugins: ${names.join(", ")}; name one of them, as in "${use}#${names[0]}"`)
}

/** A plugin that brings a copy of core of its own may speak another contract. */
const speaks = (other: string): boolean => {
  const [theirs, ours] = [other, contract].map((text) => String(text).split(".").map(Number))
  return theirs?.[0] === ours?.[0] && (theirs?.[1] ?? 0) <= (ours?.[1] ?? 0)
}

const isPlugin = (value: unknown): value is Found => typeof value === "function" && mark in value

const isMissing = (cause: unknown, name: string) =>
  cause instanceof Error &&
  "code" in cause &&
  cause.code === "ERR_MODULE_NOT_FOUND" &&
  // In quotes: a package that is there but lacks one of its own is named as the importer, without them.
  cause.message.includes(`'${name}'`)
