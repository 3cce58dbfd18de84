/** What is in the tarballs: all that is needed, nothing else, and no import that is not declared. */
import { existsSync, globSync, readdirSync, readFileSync, statSync } from "node:fs"
import { builtinModules } from "node:module"
import { dirname, join } from "node:path"
import { Failure } from "./failure.ts"
import type { Installed } from "./project.ts"

const alwaysPacked = ["package.json", "README.md", "LICENSE"]

const imports =
  /(?:^|\n)\s*(?:import|export)\b[^"';]*?from\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s*"([^"]+)"|\bnew URL\(\s*"(\.[^"]+)",\s*import\.meta\.url/g

const specifiersIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(imports)].flatMap((match) => match.slice(1).filter((text) => text !== undefined))

const packageOf = (specifier: string) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")

const isFile = (path: string) => existsSync(path) && statSync(path).isFile()

/** Where a declaration or a module may be that is imported as `path`. */
const exists = (path: string, isDeclaration: boolean) =>
  isFile(path) || (isDeclaration && isFile(path.replace(/\.[jt]s$/, ".d.ts")))

const importProblems = ({ folder, manifest }: Installed, file: string): ReadonlyArray<string> => {
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies }
  return specifiersIn(readFileSync(join(folder, file), "utf8")).flatMap((specifier) => {
    if (specifier.startsWith(".")) {
      const path = join(folder, dirname(file), specifier)
      return exists(path, file.endsWith(".d.ts")) ? [] : [`${file} imports ${specifier}, which is not there`]
    }
    if (specifier.startsWith("node:") || builtinModules.includes(specifier)) return []
    return packageOf(specifier) in declared ? [] : [`${file} imports ${specifier}, which is not declared`]
  })
}

const exportProblems = ({ folder, manifest }: Installed): ReadonlyArray<string> =>
  Object.entries(manifest.exports).flatMap(([key, target]) => {
    if (target === null) return []
    const files = typeof target === "string" ? [target] : [target.types, target.default]
    const missing = files.filter((file) => globSync(file, { cwd: folder }).length === 0)
    return missing.map((file) => `exports "${key}" names ${file}, which is not there`)
  })

const programProblems = ({ folder, manifest }: Installed): ReadonlyArray<string> =>
  Object.values(manifest.bin ?? {}).flatMap((file) => {
    const path = join(folder, file)
    if (!isFile(path)) return [`bin names ${file}, which is not there`]
    const starts = readFileSync(path, "utf8").startsWith("#!/usr/bin/env node\n")
    return starts ? [] : [`${file} does not start with #!/usr/bin/env node`]
  })

const within = (file: string, folder: string) => file === folder || file.startsWith(`${folder}/`)

/** Modules, declarations and their maps; and what a page is made of. */
const isOutput = /\.((js|d\.ts)(\.map)?|html|css|svg)$/

const fileProblems = ({ manifest }: Installed, files: ReadonlyArray<string>): ReadonlyArray<string> => {
  const expected = [...alwaysPacked, ...manifest.files]
  return [
    ...expected
      .filter((name) => !files.some((file) => within(file, name)))
      .map((name) => `${name} is missing`),
    ...files
      .filter((file) => !expected.some((name) => within(file, name)))
      .map((file) => `${file} is packed, but is not declared in "files"`),
    ...files
      .filter((file) => within(file, "dist") && !isOutput.test(file))
      .map((file) => `${file} is no output of the build`),
    // A module that `exports` reach has types; the chunks that the bundler shares between them have none.
    ...files
      .filter((file) => "./*" in manifest.exports && /^dist\/[^/]+\.js$/.test(file))
      .filter((file) => !/^dist\/chunk-/.test(file) && !files.includes(file.replace(/\.js$/, ".d.ts")))
      .map((file) => `${file} is a public module without types`)
  ]
}

const manifestProblems = ({ manifest }: Installed): ReadonlyArray<string> =>
  Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })
    .filter(([, range]) => /^(workspace|catalog|link|file):/.test(range))
    .map(([name, range]) => `depends on ${name} as "${range}"`)

const problemsOf = (target: Installed): ReadonlyArray<string> => {
  const files = readdirSync(target.folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => !within(file, "node_modules") && isFile(join(target.folder, file))
  )
  const code = files.filter((file) => within(file, "dist") && /\.(js|d\.ts)$/.test(file))
  return [
    ...fileProblems(target, files),
    ...exportProblems(target),
    ...programProblems(target),
    ...manifestProblems(target),
    ...code.flatMap((file) => importProblems(target, file))
  ]
}

export const checkContents = (packages: ReadonlyArray<Installed>): void => {
  const problems = packages.flatMap((target) =>
    problemsOf(target).map((problem) => `${target.manifest.name}: ${problem}`)
  )
  if (problems.length > 0) throw new Failure(problems.join("\n"))
}

/** The modules of effect that core's public types mention, each of which is to be stable: users see their changes. */
export const checkStability = (core: Installed, effect: Installed): number => {
  const mentioned = new Set(
    globSync("dist/*.d.ts", { cwd: core.folder })
      .flatMap((file) => specifiersIn(readFileSync(join(core.folder, file), "utf8")))
      .filter((specifier) => packageOf(specifier) === "effect")
  )
  if (mentioned.size < 5)
    throw new Failure(`core's types mention ${mentioned.size} modules of effect: too few`)
  const unstable = [...mentioned].filter((specifier) => {
    const [, ...path] = specifier.split("/")
    const source = readFileSync(join(effect.folder, "dist", `${path.join("/") || "index"}.d.ts`), "utf8")
    // The first comment is the module's own.
    const tag = /@stability (\w+)/.exec(source.slice(0, source.indexOf("*/")))?.[1]
    return tag !== undefined && tag !== "stable"
  })
  if (unstable.length > 0)
    throw new Failure(`core's public types mention unstable modules of effect: ${unstable.join(", ")}`)
  return mentioned.size
}
