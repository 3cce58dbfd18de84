/** All that is measured against each other, in the order of the table: what a budget compares is measured one after the other. */
import { fileURLToPath } from "node:url"
import * as Command from "./command.ts"
import type { Ground } from "./ground.ts"
import * as Node from "./node.ts"
import * as Published from "./published.ts"
import type { Input } from "./sample.ts"

export interface Given {
  readonly url: string
  readonly input: string
  /** A folder of the run's own. */
  readonly work: string
}

export interface Subject {
  readonly name: string
  readonly title: string
  /** A plain loop, Millrace, or one of its peers, which come from `peers/`. */
  readonly kind: "plain" | "millrace" | "peer"
  readonly input: Input
  readonly program: (ground: Ground) => string
  readonly arguments: (given: Given) => ReadonlyArray<string>
  /** Of Node: the same for all, but where the title says otherwise. */
  readonly settings: ReadonlyArray<string>
  readonly environment: { readonly [name: string]: string }
}

/** A program below `subjects/`, with the options that say which variant of it. */
export const subject = (
  kind: Subject["kind"],
  name: string,
  title: string,
  program: string,
  options: { readonly [option: string]: string },
  input: Input = "ndjson"
): Subject => ({
  kind,
  name,
  title,
  input,
  program: (ground) =>
    kind === "millrace"
      ? Published.own(ground, `subjects/${program}.ts`)
      : fileURLToPath(new URL(`subjects/${program}.ts`, import.meta.url)),
  arguments: (given) =>
    Object.entries({ ...given, ...options }).flatMap(([key, value]) => [`--${key}`, value]),
  settings: Node.settings,
  environment: Node.environment
})

/** What all others are compared with. */
export const floor = subject("plain", "floor", "bare loop, message into the buffer", "floor", {
  variant: "buffer"
})

/** Millrace as most will run it. */
const durable = subject("millrace", "sqlite", "Millrace, SQLite outbox", "millrace", {
  outbox: "sqlite"
})

/** The command, with a configuration. */
export const commandWith = (name: string, title: string, options: Command.Options): Subject => ({
  kind: "millrace",
  name,
  title,
  input: "ndjson",
  program: Published.command,
  arguments: (given) => Command.prepare(given, options),
  settings: Node.settings,
  environment: Node.environment
})

export const subjects: ReadonlyArray<Subject> = [
  subject("plain", "stringify", "bare loop, `JSON.stringify` of 100 at once", "floor", {
    variant: "stringify"
  }),
  floor,
  durable,
  subject("millrace", "bucket", "Millrace, SQLite outbox, from a bucket of S3", "millrace", {
    outbox: "sqlite",
    store: "bucket"
  }),
  subject("millrace", "in-memory", "Millrace, memory outbox", "millrace", { outbox: "memory" }),
  {
    ...durable,
    name: "defaults",
    title: "Millrace, SQLite outbox, Node's own settings",
    settings: [],
    environment: {}
  },
  subject("millrace", "telling", "Millrace, SQLite outbox, all telemetry on", "telling", {
    outbox: "sqlite",
    telemetry: "on"
  }),
  subject("millrace", "silent", "Millrace, SQLite outbox, telemetry loaded and off", "telling", {
    outbox: "sqlite",
    telemetry: "off"
  }),
  commandWith("command", "Millrace, the command, SQLite outbox", {}),
  subject("millrace", "routes", "Millrace, SQLite outbox, three routes", "millrace", {
    outbox: "sqlite",
    routes: "3"
  }),
  subject("plain", "avro-floor", "bare loop from Avro", "floor", { variant: "avro" }, "avro"),
  subject("millrace", "avro", "Millrace, SQLite outbox, from Avro", "millrace", { outbox: "sqlite" }, "avro"),
  subject("peer", "directives", "Segment `actions-core`, mapped by its directives", "segment", {
    variant: "directives"
  }),
  subject("peer", "segment", "Segment `actions-core`, mapped in code", "segment", { variant: "code" }),
  subject("peer", "walkeros", "walkerOS collector, mapped in code", "walkeros", {})
]
