/**
 * A configuration file made into an exporter: sources, routes and outbox, each from its plugin.
 *
 * @since 1.0.0
 */
import { existsSync } from "node:fs"
import { hostname } from "node:os"
import { dirname, resolve } from "node:path"
import process from "node:process"
import * as Catalogue from "@millrace/core/Catalogue"
import type { Destination } from "@millrace/core/Destination"
import type { Definition } from "@millrace/core/Exporter"
import type { Instance, Store } from "@millrace/core/Outbox"
import * as Plugin from "@millrace/core/Plugin"
import { type Route, reads, unmatched } from "@millrace/core/Route"
import type { CheckOptions, Source } from "@millrace/core/Source"
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { ConfigError } from "./ConfigError.ts"
import { ConfigFile, MailAddress } from "./ConfigFile.ts"
import * as Address from "./internal/address.ts"
import * as Document from "./internal/Document.ts"
import { explain, type Issue, misplaced } from "./internal/explain.ts"
import { importPath } from "./internal/importPath.ts"
import * as Otlp from "./internal/otlp.ts"
import { overlapOf, type Placed } from "./internal/overlaps.ts"
import { failAt, valueAt } from "./internal/place.ts"
import * as Token from "./internal/token.ts"
import type * as Transforms from "./internal/transforms.ts"
import { resolveSecret, type SecretReference, secretsOf } from "./Secrets.ts"

/**
 * A configuration that was read, its plugins loaded and their settings accepted. Secrets are read when a
 * destination is opened, each time anew.
 *
 * @since 1.0.0
 * @category models
 */
export interface Loaded {
  readonly file: string
  readonly name: string
  readonly contact: string | undefined
  readonly definition: Definition
  readonly store: Store
  readonly alerts: Alerts | undefined
  /** The endpoint of a run that follows; absent unless it is configured. */
  readonly admin: Admin | undefined
  /** Where a run sends metrics and spans; absent unless it is configured. */
  readonly telemetry: Telemetry | undefined
  readonly thresholds: Thresholds
  /** Who it is among several that share an outbox. */
  readonly instance: Instance
  /** Threads that read, the exporter's own among them. */
  readonly workers: number
}

/**
 * A way that alerts go, with an address that is a secret: read anew each time, so that one out of order stops no other.
 *
 * @since 1.0.0
 * @category models
 */
export type AlertWay =
  | {
      readonly name: "webhook"
      readonly address: Effect.Effect<Redacted.Redacted<string>, Plugin.PluginError>
    }
  | {
      readonly name: "e-mail"
      /** Of the SMTP server. */
      readonly address: Effect.Effect<Redacted.Redacted<string>, Plugin.PluginError>
      readonly from: string
      readonly to: string
    }

/**
 * Where alerts go.
 *
 * @since 1.0.0
 * @category models
 */
export interface Alerts {
  readonly ways: ReadonlyArray<AlertWay>
  readonly remindEvery: Duration.Input
}

/**
 * Where a run that follows answers questions, and whom.
 *
 * @since 1.0.0
 * @category models
 */
export interface Admin {
  readonly host: string
  readonly port: number
  /** Read anew each time; absent where whoever reaches the endpoint may ask. */
  readonly token?: Effect.Effect<Redacted.Redacted<string>, Plugin.PluginError>
  readonly readOnly: boolean
  readonly names: ReadonlyArray<string>
}

/**
 * Where a run sends metrics and spans.
 *
 * @since 1.0.0
 * @category models
 */
export interface Telemetry {
  /** A collector of OpenTelemetry. */
  readonly otlp?: {
    readonly url: string
    /** By name; read anew each time. */
    readonly headers: Effect.Effect<Readonly<Record<string, Redacted.Redacted<string>>>, Plugin.PluginError>
    /** Milliseconds. */
    readonly interval: number
    readonly protocol: "protobuf" | "json"
  }
}

/**
 * When something is worth an alert, in milliseconds.
 *
 * @since 1.0.0
 * @category models
 */
export interface Thresholds {
  /** A lane has had no success for so long although events wait; a minute at least where the remote asks to wait. */
  readonly noSuccessFor: number
  /** An event has waited for so long. */
  readonly waitingFor: number
  /** Nothing was read from a source for so long; absent for never. */
  readonly nothingReadFor?: number
  /** A source, or a file of it, could not be read for so long. */
  readonly unreadableFor: number
  /** A file has not been read to its end for so long. */
  readonly unreadFor: number
  /** Fewer bytes than this are free on the outbox's disk; absent for a twentieth of the disk, at most 1 GiB. */
  readonly freeBelow?: number
}

/**
 * What surrounds a configuration.
 *
 * @since 1.0.0
 * @category models
 */
export interface Surroundings {
  /** Imports a package by name; the app's own import finds what is installed beside it. */
  readonly importer: (name: string) => Promise<unknown>
  readonly environment: Readonly<Record<string, string | undefined>>
}

const isAddress = Schema.is(MailAddress)
const decode = Schema.decodeUnknownResult(ConfigFile, { errors: "all", onExcessProperty: "error" })
const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/**
 * Reads a configuration. Relative paths in it are relative to its folder; a setting named `path` is a path.
 *
 * @since 1.0.0
 * @category constructors
 */
export const load: (
  path: string,
  surroundings: Surroundings
) => Effect.Effect<Loaded, ConfigError | Plugin.PluginError> = Effect.fnUntraced(
  function* (path, surroundings) {
    const file = resolve(path)
    const document = yield* Document.read(file)
    const config = yield* decodeFile(document)
    const folder = dirname(file)
    const context = { document, folder, surroundings }
    const sources: Record<string, Source> = {}
    const sourceUses = yield* sourcesOf(document, config)
    const overlap = overlapOf(
      sourceUses.map(({ at, use }) => placedOf(at, use, folder)),
      [
        placedOf(["outbox"], config.outbox, folder),
        ...config.routes.map(({ to }, index) => placedOf(["routes", String(index), "to"], to, folder))
      ]
    )
    if (overlap !== undefined) {
      yield* failAt(
        document,
        overlap.at,
        `lies in ${overlap.source}, where a source reads: it would read what the exporter itself writes; give one of them another path`
      )
    }
    for (const { at, name, use } of sourceUses) {
      if (name in sources)
        yield* failAt(document, at, `two sources are named ${name}; give each a name of its own`)
      sources[name] = yield* makePlugin<Source>(context, "source", at, use)
    }
    const routes: Array<Route> = []
    for (const [index, route] of config.routes.entries()) {
      const at = ["routes", String(index), "to"]
      const transforms = yield* transformsOf(context, ["routes", String(index), "transforms"], route, sources)
      const destination = yield* makePlugin<Destination>(context, "destination", at, route.to)
      routes.push({
        name: route.name,
        from: route.from,
        backfill: route.backfill,
        when: route.when?.types,
        except: route.when?.except,
        ...transforms.changes,
        ordering: route.ordering ?? "user",
        retention: route.retention,
        policy: route.policy,
        share:
          route.share === undefined
            ? undefined
            : { ...route.share, size: ByteSize.toNumberUnsafe(route.share.size) },
        destination: { ...destination, open: Effect.andThen(transforms.ready, destination.open) }
      })
    }
    const store = yield* makePlugin<Store>(context, "outbox", ["outbox"], config.outbox)
    const reader = config.alerts?.email === undefined ? undefined : readerOf(config.alerts.email, config)
    if (config.alerts?.email !== undefined && reader === undefined) {
      return yield* failAt(
        document,
        ["alerts", "email"],
        "say who is to read alerts: give `to` here, or an e-mail address as `contact`"
      )
    }
    return {
      admin: yield* adminOf(config, context),
      telemetry: yield* telemetryOf(config, context),
      alerts: alertsOf(config, context, reader),
      thresholds: thresholdsOf(config),
      file,
      name: config.name,
      contact: config.contact,
      instance: instanceOf(config),
      workers: config.workers ?? 1,
      definition: {
        sources,
        routes,
        retention: config.retention,
        dedupe: config.dedupe,
        checkpointRetention: config.checkpointRetention
      },
      store
    }
  }
)

const instanceOf = ({ instance = {} }: ConfigFile): Instance => ({
  name: instance.name ?? `${hostname()}-${process.pid}`,
  roles: [...new Set(instance.roles ?? (["read", "deliver"] as const))]
})

const unchanged: Transforms.Compiled = { changes: { intake: [], changes: [] }, ready: Effect.void }

const transformsOf = Effect.fnUntraced(function* (
  { document, folder, surroundings }: Context,
  at: ReadonlyArray<string>,
  { name, from, transforms = [] }: ConfigFile["routes"][number],
  sources: Readonly<Record<string, Source>>
): Effect.fn.Return<Transforms.Compiled, ConfigError> {
  if (transforms.length === 0) return unchanged
  // Only who writes changes waits for the language they are written in.
  const { compile } = yield* Effect.promise(() => import("./internal/transforms.ts"))
  const read = Object.entries(sources).filter(([source]) => reads({ from }, source))
  const catalogue = Catalogue.union(...read.map(([, source]) => source.catalogue))
  const { types, personal } = catalogue
  const marksAny = [...(types ?? [])].some((type) => personal(type).size > 0)
  const compiled = compile(transforms, {
    unmatched: (patterns) => unmatched(patterns, catalogue)[0],
    spelled: (pattern) => Catalogue.spelled([catalogue], pattern),
    meant: (pattern) => Catalogue.meant([catalogue], pattern),
    personal: marksAny ? personal : undefined,
    readKey: (reference, path) =>
      Effect.mapError(resolveSecret(`route ${name}`, reference, folder, surroundings.environment), (error) =>
        located(error, ({ issues: [issue] = [] }) => [
          failAt(document, [...at, ...path], issue?.message ?? error.detail)
        ])
      )
  })
  return yield* Effect.mapError(Effect.fromResult(compiled), ({ path, detail }) =>
    failAt(document, [...at, ...path], detail)
  )
})

/** Whom alerts are mailed to; `contact` may be another kind of address. */
const readerOf = (
  { to }: NonNullable<NonNullable<ConfigFile["alerts"]>["email"]>,
  { contact }: ConfigFile
): string | undefined => to ?? (contact !== undefined && isAddress(contact) ? contact : undefined)

const adminOf = (
  { admin }: ConfigFile,
  { document, folder, surroundings }: Context
): Effect.Effect<Admin | undefined, ConfigError> => {
  if (admin === undefined) return Effect.succeed(undefined)
  const { host = "127.0.0.1", port = 9464, token, readOnly = false, names = [] } = admin
  if (token === undefined && !Token.isLoopback(host)) {
    return Effect.fail(
      failAt(
        document,
        ["admin", "host"],
        `other machines reach ${host}: give a token beside it, such as { env: MILLRACE_ADMIN_TOKEN }, or leave host at 127.0.0.1`
      )
    )
  }
  const read = (reference: SecretReference) =>
    Effect.mapError(Token.read(reference, folder, surroundings.environment), (error) =>
      located(error, ({ detail, issues: [issue] = [] }) => [
        failAt(document, ["admin", "token"], issue?.message ?? detail)
      ])
    )
  return Effect.succeed({
    host,
    port,
    readOnly,
    names,
    ...(token === undefined ? {} : { token: read(token) })
  })
}

const telemetryOf = (
  { telemetry }: ConfigFile,
  { document, folder, surroundings }: Context
): Effect.Effect<Telemetry | undefined, ConfigError> => {
  if (telemetry?.otlp === undefined) return Effect.succeed(telemetry === undefined ? undefined : {})
  const { headers = {}, interval, protocol = "protobuf", url } = telemetry.otlp
  const at = ["telemetry", "otlp"]
  const problem = Otlp.problemOf(url)
  if (problem !== undefined) return Effect.fail(failAt(document, [...at, "url"], problem))
  const read = ([name, reference]: readonly [string, SecretReference]) =>
    Effect.mapBoth(Otlp.readHeader(reference, folder, surroundings.environment), {
      onSuccess: (value) => [name, value] as const,
      onFailure: (error) =>
        located(error, ({ detail, issues: [issue] = [] }) => [
          failAt(document, [...at, "headers", name], issue?.message ?? detail)
        ])
    })
  return Effect.succeed({
    otlp: {
      url,
      headers: Effect.map(Effect.forEach(Object.entries(headers), read), (found) =>
        Object.fromEntries(found)
      ),
      interval: Duration.toMillis(interval ?? "10 seconds"),
      protocol
    }
  })
}

const alertsOf = (
  { alerts }: ConfigFile,
  { document, folder, surroundings }: Context,
  reader: string | undefined
): Alerts | undefined => {
  if (alerts === undefined) return undefined
  const { webhook, email, remindEvery } = alerts
  const address = (reference: SecretReference, path: ReadonlyArray<string>, schemes: ReadonlyArray<string>) =>
    Effect.mapError(Address.read(reference, folder, surroundings.environment, schemes), (error) =>
      located(error, ({ detail, issues: [issue] = [] }) => [failAt(document, path, issue?.message ?? detail)])
    )
  const ways: Array<AlertWay> = []
  if (webhook !== undefined) {
    ways.push({
      name: "webhook",
      address: address(webhook.url, ["alerts", "webhook", "url"], ["https", "http"])
    })
  }
  if (email !== undefined && reader !== undefined) {
    const { server, from } = email
    const smtp = address(server, ["alerts", "email", "server"], ["smtps", "smtp"])
    ways.push({ name: "e-mail", address: smtp, from, to: reader })
  }
  return { ways, remindEvery: remindEvery ?? "1 day" }
}

const thresholdsOf = ({ alerts = {} }: ConfigFile): Thresholds => {
  const { noSuccessFor, waitingFor, nothingReadFor, unreadableFor, unreadFor, freeBelow } = alerts
  return {
    noSuccessFor: Duration.toMillis(noSuccessFor ?? "5 seconds"),
    waitingFor: Duration.toMillis(waitingFor ?? "1 hour"),
    ...(nothingReadFor === undefined ? {} : { nothingReadFor: Duration.toMillis(nothingReadFor) }),
    unreadableFor: Duration.toMillis(unreadableFor ?? "1 second"),
    unreadFor: Duration.toMillis(unreadFor ?? "10 minutes"),
    ...(freeBelow === undefined ? {} : { freeBelow: ByteSize.toNumberUnsafe(freeBelow) })
  }
}

interface Use {
  readonly use: string
  readonly settings?: Readonly<Record<string, unknown>>
  readonly credentials?: Readonly<Record<string, unknown>>
}

interface Context {
  readonly document: Document.Document
  readonly folder: string
  readonly surroundings: Surroundings
}

const decodeFile = (document: Document.Document): Effect.Effect<ConfigFile, ConfigError> => {
  const decoded = decode(document.value)
  if (Result.isSuccess(decoded)) return Effect.succeed(decoded.success)
  const [issue] = formatIssues(decoded.failure.issue).issues
  const path = (issue?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part))
  const plain: Issue = { path, message: issue?.message ?? "is not a configuration" }
  return Effect.fail(failAt(document, path, explain(plain, ConfigFile, valueAt(document.value, path), path)))
}

const sourcesOf = (
  document: Document.Document,
  { source, sources }: ConfigFile
): Effect.Effect<
  ReadonlyArray<{ readonly at: ReadonlyArray<string>; readonly name: string; readonly use: Use }>,
  ConfigError
> => {
  if (source !== undefined && sources !== undefined) {
    return Effect.fail(failAt(document, ["sources"], "give either `source` or `sources`, not both"))
  }
  if (source !== undefined) return Effect.succeed([{ at: ["source"], name: "default", use: source }])
  if (sources === undefined || sources.length === 0) {
    return Effect.fail(failAt(document, ["source"], "is missing; say where events come from"))
  }
  return Effect.succeed(
    sources.map(({ name, ...use }, index) => ({ at: ["sources", String(index)], name, use }))
  )
}

/** Relative paths are the file's own: a setting named `path` is one. */
const withPath = (
  settings: Readonly<Record<string, unknown>>,
  folder: string
): Readonly<Record<string, unknown>> => {
  const { path } = settings
  // An empty one is left for the plugin to refuse.
  return typeof path === "string" && path !== "" ? { ...settings, path: resolve(folder, path) } : settings
}

/** Where a plugin reads or writes, as far as its setting `path` tells. */
const placedOf = (at: ReadonlyArray<string>, { settings = {} }: Use, folder: string): Placed => {
  const { path } = withPath(settings, folder)
  return { at: [...at, "settings", "path"], path: typeof path === "string" && path !== "" ? path : undefined }
}

const makePlugin = Effect.fnUntraced(function* <Made>(
  { document, folder, surroundings }: Context,
  kind: Plugin.Kind,
  at: ReadonlyArray<string>,
  { use, settings = {}, credentials = {} }: Use
): Effect.fn.Return<Made, ConfigError> {
  const file = use.startsWith(".") ? resolve(folder, use.replace(/#[^#/]*$/, "")) : undefined
  if (file !== undefined && !existsSync(file)) {
    return yield* failAt(document, [...at, "use"], `there is no file ${file}; correct the path`)
  }
  const importer = file === undefined ? surroundings.importer : () => importPath(file)
  const plugin = yield* Effect.mapError(Plugin.load(use, kind, importer), (error) =>
    failAt(document, [...at, "use"], error.message)
  )
  const complain = (error: Plugin.PluginError) => complaintsOf(document, at, plugin, error)
  const secrets = secretsOf(use, credentials, folder, surroundings.environment)
  const made = plugin.fromUnknown({
    settings: withPath(settings, folder),
    credentials: secrets.read,
    credentialsChanged: secrets.changed
  })
  if (Result.isFailure(made)) return yield* complain(made.failure)[0]
  const value = made.success as Made
  if (isDestination(value)) {
    return { ...value, open: Effect.mapError(value.open, (error) => located(error, complain)) }
  }
  if (!isSource(value) || value.check === undefined) return value
  const { check } = value
  return {
    ...value,
    check: (options: CheckOptions) =>
      Effect.mapError(check(options), (error) =>
        error._tag === "PluginError" ? located(error, complain) : error
      )
  }
})

const isDestination = (value: unknown): value is Destination =>
  typeof value === "object" && value !== null && "open" in value

const isSource = (value: unknown): value is Source =>
  typeof value === "object" && value !== null && "run" in value

/** Credentials fail when a destination is opened; the error names the lines all the same. */
const located = (
  error: Plugin.PluginError,
  complain: (error: Plugin.PluginError) => ReadonlyArray<ConfigError>
) =>
  new Plugin.PluginError({
    plugin: error.plugin,
    reason: error.reason,
    detail: complain(error)
      .map(({ message }) => message)
      .join("\n")
  })

/** One complaint for each fault. */
const complaintsOf = (
  document: Document.Document,
  at: ReadonlyArray<string>,
  plugin: Plugin.Plugin<unknown, unknown, unknown>,
  error: Plugin.PluginError
): readonly [ConfigError, ...ReadonlyArray<ConfigError>] => {
  const complain = (issue: Issue) => {
    const schema = issue.path[0] === "settings" ? plugin.settingsSchema : plugin.credentialsSchema
    const path = [...at, ...issue.path]
    const place = misplaced(issue, plugin)
    if (place !== undefined) return failAt(document, path, place)
    return failAt(document, path, explain(issue, schema, valueAt(document.value, path), issue.path.slice(1)))
  }
  const [first, ...others] = error.issues ?? []
  return first === undefined
    ? [failAt(document, at, error.detail)]
    : [complain(first), ...others.map(complain)]
}
