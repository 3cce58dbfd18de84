/** The examples of every README, as its reader has them: installed from the registry, type-checked and run. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Failure } from "../failure.ts"
import { attempt, run } from "../ground.ts"
import { installed, type Project } from "../project.ts"
import { copy, tool } from "../workspace.ts"
import { type Addresses, addressed, type Block, blocksOf, pair, placeOf, replaced } from "./block.ts"
import { type Configuration, configurations, environmentOf, whole } from "./configurations.ts"
import { type Example, examples } from "./examples.ts"

const compilerOptions = {
  target: "ES2024",
  lib: ["ES2024"],
  types: ["node"],
  module: "nodenext",
  moduleDetection: "force",
  allowImportingTsExtensions: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true
}

export const readBlocks = (project: Project, packages: ReadonlyArray<string>): ReadonlyArray<Block> => {
  const read = (folder: string) => readFileSync(join(folder, "README.md"), "utf8")
  return [
    ...blocksOf("millrace", read(copy)),
    ...packages.flatMap((name) => blocksOf(name, read(installed(project, name).folder)))
  ]
}

const stopAt = (problems: ReadonlyArray<string>): void => {
  if (problems.length === 0) return
  throw new Failure(`${problems.join("\n")}\nWhat examples take for given stands in tools/rehearsal/readmes/`)
}

const folderOf = (project: Project, { line, package: name }: Block) =>
  join(project.folder, "readmes", `${name.replace(/.*\//, "")}-${line}`)

const write = (folder: string, files: Record<string, string>): void => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

const fileOf = (example: Example | undefined) => (example?.isSuite ? "example.test.ts" : "example.ts")

/** An example must not speak to a vendor, whatever address it holds. */
const env = (project: Project): NodeJS.ProcessEnv => ({
  ...project.env,
  NODE_OPTIONS: `--import=${import.meta.resolve("./preload.mjs")}`
})

const runExample = async (project: Project, block: Block, example: Example | undefined): Promise<void> => {
  const { code, output } = await attempt({
    command: ["node", fileOf(example)],
    cwd: folderOf(project, block),
    env: env(project),
    limit: 60
  })
  if (code !== 0) stopAt([`${placeOf(block)}: its example ended with ${code}\n${output}`])
  if (example?.prints !== undefined && !example.prints.test(output))
    stopAt([`${placeOf(block)}: its example was to print ${example.prints}, and printed\n${output}`])
}

const runSuites = async (project: Project): Promise<void> => {
  const vitest = join(project.folder, "node_modules/.bin/vitest")
  const command = [vitest, "run", "--dir", "readmes", "--testTimeout=60000", "--hookTimeout=60000"]
  await run({ command, cwd: project.folder, env: env(project) })
}

/** Gives the number of examples, and of those that are type-checked alone. */
export const checkExamples = async (
  project: Project,
  blocks: ReadonlyArray<Block>,
  addresses: Addresses
): Promise<{ readonly run: number; readonly checked: number }> => {
  const { pairs, problems } = pair(
    blocks.filter(({ language }) => language === "ts"),
    examples
  )
  const written = pairs.flatMap(([block, example]) => {
    const { problems, text } = replaced(block, example)
    const program = [example?.before ?? "", text, example?.after ?? ""].join("\n")
    write(folderOf(project, block), { ...example?.files, [fileOf(example)]: addressed(program, addresses) })
    return problems
  })
  stopAt([...problems, ...written])
  write(project.folder, {
    "readmes/tsconfig.json": JSON.stringify({ include: ["**/*.ts"], compilerOptions })
  })
  const types = { command: [tool("tsc"), "-p", "readmes"], cwd: project.folder, env: project.env }
  const { code, output } = await attempt(types)
  if (code !== 0) stopAt([`examples of READMEs, named by package and line, are not well typed\n${output}`])
  const complete = pairs.filter(([, example]) => example?.notRun === undefined)
  for (const [block, example] of complete) {
    if (example?.isSuite === undefined) await runExample(project, block, example)
  }
  await runSuites(project)
  return { run: complete.length, checked: pairs.length - complete.length }
}

const checkConfiguration = async (
  project: Project,
  block: Block,
  given: Configuration | undefined
): Promise<void> => {
  const folder = folderOf(project, block)
  const text = readFileSync(join(folder, "millrace.yaml"), "utf8")
  const { code, output } = await attempt({
    command: [join(project.folder, "node_modules/.bin/millrace"), "check", "millrace.yaml"],
    cwd: folder,
    env: { ...env(project), ...environmentOf(text, given) },
    limit: 60
  })
  if (code !== 0) stopAt([`${placeOf(block)}: "millrace check" of it ended with ${code}\n${output}\n${text}`])
}

/** Gives the number of configurations. */
export const checkConfigurations = async (
  project: Project,
  blocks: ReadonlyArray<Block>,
  addresses: Addresses
): Promise<number> => {
  const { pairs, problems } = pair(
    blocks.filter(({ language }) => language === "yaml"),
    configurations
  )
  const written = pairs.flatMap(([block, given]) => {
    const { problems, text } = replaced(block, given)
    const configuration = addressed(whole(text), addresses)
    write(folderOf(project, block), { ...given?.files, "millrace.yaml": configuration })
    return problems
  })
  stopAt([...problems, ...written])
  for (const [block, given] of pairs) {
    if (given?.notRun === undefined) await checkConfiguration(project, block, given)
  }
  return pairs.length
}
