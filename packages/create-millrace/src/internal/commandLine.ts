/** What the command line says. */
import { parseArgs } from "node:util"
import { type Kind, kinds, type Style, styles } from "./kinds.ts"
import { nameProblem } from "./names.ts"
import { Problem } from "./problem.ts"

export interface CommandLine {
  readonly kind: Kind | undefined
  readonly name: string | undefined
  readonly style: Style | undefined
  readonly yes: boolean
  readonly workflow: boolean
  readonly install: boolean
  readonly help: boolean
  readonly version: boolean
}

export const help = `Writes a complete Millrace plugin: code, tests, README, build.

  npm create millrace                              asks for what it needs
  npm create millrace destination acme -- --yes    asks nothing
  npm run create -- destination acme --yes         the same in the repository of Millrace

Arguments: KIND NAME
  KIND          ${kinds.join(" or ")}
  NAME          in kebab-case, such as acme: the package is destination-acme or source-acme

Flags:
  --style       ${styles.join(" or ")}: how the code is written; ${styles[0]} by default
  -y, --yes     ask nothing
  --workflow    stand-alone: with a GitHub workflow that runs the tests
  --no-install  do not install what the package needs
  -h, --help    this text
  --version     the version of create-millrace
`

const options = {
  style: { type: "string" },
  yes: { type: "boolean", short: "y", default: false },
  workflow: { type: "boolean", default: false },
  "no-install": { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", default: false }
} as const

/** Throws a `Problem`. */
export const parse = (given: ReadonlyArray<string>): CommandLine => {
  const { positionals, values } = parsed(given)
  const [kind, name, ...more] = positionals
  if (more.length > 0) throw new Problem(`too many arguments: ${more.join(" ")}`)
  const problem = name === undefined ? undefined : nameProblem(name)
  if (problem !== undefined) throw new Problem(problem)
  return {
    kind: kind === undefined ? undefined : toKind(kind),
    name,
    style: values.style === undefined ? undefined : toStyle(values.style),
    yes: values.yes,
    workflow: values.workflow,
    install: !values["no-install"],
    help: values.help,
    version: values.version
  }
}

const parsed = (given: ReadonlyArray<string>) => {
  try {
    return parseArgs({ args: [...given], options, allowPositionals: true })
  } catch (cause) {
    throw new Problem(cause instanceof Error ? cause.message : String(cause))
  }
}

const toKind = (text: string): Kind => {
  const kind = kinds.find((one) => one === text)
  if (kind === undefined) throw new Problem(`"${text}" is no kind of plugin: say ${kinds.join(" or ")}`)
  return kind
}

const toStyle = (text: string): Style => {
  const style = styles.find((one) => one === text)
  if (style === undefined) throw new Problem(`"${text}" is no style: say ${styles.join(" or ")}`)
  return style
}
