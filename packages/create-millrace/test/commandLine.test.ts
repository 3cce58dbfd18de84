import { spawn } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { PassThrough } from "node:stream"
import { assert, describe, expect, it } from "vitest"
import { main } from "../src/internal/main.ts"
import { camelCase, nameProblem } from "../src/internal/names.ts"
import {
  bin,
  create,
  environment,
  filesBelow,
  home,
  repository,
  run,
  temporaryFolder,
  tool
} from "./support/program.ts"

const manifest = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))

describe("the command line", () => {
  it("tells its arguments and its version", () => {
    const folder = temporaryFolder()
    assert.include(create(folder, "--help").output, "--no-install")
    assert.strictEqual(create(folder, "--version").output, `${manifest(home).version}\n`)
    assert.deepStrictEqual(readdirSync(folder), [])
  })

  it("asks nothing when all is said, and says what comes next", () => {
    const folder = temporaryFolder()
    const { code, output } = create(folder, "destination", "acme-cloud", "--no-install")
    assert.strictEqual(code, 0)
    assert.match(output, /cd millrace-destination-acme-cloud\n {2}npm install\n {2}npm test/)
    const written = filesBelow(join(folder, "millrace-destination-acme-cloud"))
    assert.includeMembers(
      [...written.keys()],
      [".gitignore", "LICENSE", "README.md", "package.json", "src/AcmeCloudDestination.ts"]
    )
    assert.notInclude([...written.keys()].join(), ".github")
    for (const [path, text] of written) assert.notMatch(path + text, /__\w+__/, path)
    assert.include(written.get("example/millrace.yaml"), "ACME_CLOUD_TOKEN")
    assert.include(written.get("src/index.ts"), "{ acmeCloud }")
    assert.deepStrictEqual(readdirSync(folder), ["millrace-destination-acme-cloud"])
  })

  it("writes promises, or Effect when it is asked to", () => {
    const folder = temporaryFolder()
    const written = (kind: string, name: string, ...style: ReadonlyArray<string>) => {
      assert.strictEqual(create(folder, kind, name, ...style, "--no-install").code, 0)
      return [...filesBelow(join(folder, `millrace-${kind}-${name}`)).values()].join("\n")
    }
    assert.include(written("source", "a"), "Source.fromAsync")
    assert.include(written("source", "b", "--style", "effect"), "Source.fromSplits")
    assert.include(written("destination", "a", "--style", "promises"), "Destination.connectAsync")
    assert.notInclude(written("destination", "b", "--style", "effect"), "Async")
    assert.include(
      create(folder, "source", "c", "--style", "callbacks").errors,
      "is no style: say promises or"
    )
  })

  it("writes a workflow when it is asked to", () => {
    const folder = temporaryFolder()
    assert.strictEqual(create(folder, "source", "acme", "--yes", "--workflow", "--no-install").code, 0)
    assert.include(
      readFileSync(join(folder, "millrace-source-acme/.github/workflows/test.yaml"), "utf8"),
      "npm test"
    )
  })

  it("says what it installs with, and what to do when that fails", () => {
    const folder = temporaryFolder()
    const tools = join(folder, "bin")
    mkdirSync(tools)
    writeFileSync(join(tools, "npm"), "#!/bin/sh\nexit 1\n", { mode: 0o755 })
    const path = `${tools}:${process.env["PATH"]}`
    const { code, errors, output } = run(
      folder,
      "env",
      `PATH=${path}`,
      process.execPath,
      bin,
      "source",
      "acme"
    )
    assert.strictEqual(code, 1)
    assert.include(output, "running npm install in millrace-source-acme")
    assert.match(errors, /"npm install" failed: run it again in .*millrace-source-acme/)
  })

  it.each([
    [[], "say the kind and the name"],
    [["destination"], "this is no terminal, so nothing can be asked: say the kind and the name"],
    [["destination", "--yes"], "--yes asks nothing: say the kind and the name"],
    [["sink", "acme"], '"sink" is no kind of plugin: say destination or source'],
    [["destination", "Acme"], '"Acme" is no name'],
    [["destination", "../acme"], '"../acme" is no name'],
    [["destination", "acme--cloud"], "is no name"],
    [["destination", "a".repeat(31)], "at most 30 characters"],
    [["destination", "destination-acme"], 'leave "destination-" out of the name'],
    [["source", "delete"], '"delete" means something else in code'],
    [["source", "acme", "cloud"], "too many arguments: cloud"],
    [["source", "acme", "--colour"], "Unknown option '--colour'"]
  ])("%j: says %s and writes nothing", (given, message) => {
    const folder = temporaryFolder()
    const { code, errors } = create(folder, ...given)
    assert.strictEqual(code, 2)
    assert.include(errors, message)
    assert.deepStrictEqual(readdirSync(folder), [])
  })

  it("never writes over a folder that holds something, and takes an empty one", () => {
    const folder = temporaryFolder()
    const target = join(folder, "millrace-source-acme")
    mkdirSync(target)
    writeFileSync(join(target, "mine"), "mine")
    const { code, errors } = create(folder, "source", "acme", "--no-install")
    assert.strictEqual(code, 2)
    assert.include(errors, `${target} is there and not empty`)
    assert.deepStrictEqual(readdirSync(target), ["mine"])
    mkdirSync(join(folder, "millrace-source-other"))
    assert.strictEqual(create(folder, "source", "other", "--no-install").code, 0)
    assert.isTrue(existsSync(join(folder, "millrace-source-other", "package.json")))
    assert.deepStrictEqual(readdirSync(folder).sort(), ["millrace-source-acme", "millrace-source-other"])
  })
})

/** A person who answers each question as it comes. */
const person = async (folder: string, given: ReadonlyArray<string>, answers: ReadonlyArray<string>) => {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()]
  let [said, complaints] = ["", ""]
  const rest = [...answers]
  output.on("data", (piece) => {
    said += piece
    if (/(Kind|Name|Style|With|Write)[^\n]*: /.test(String(piece))) {
      const next = rest.shift()
      if (next !== undefined) setImmediate(() => input.write(next))
    }
  })
  errors.on("data", (piece) => {
    complaints += piece
  })
  const code = await main({ arguments: given, folder, home, input, output, errors, isTerminal: true })
  return { code, said, complaints, left: rest }
}

describe("questions", () => {
  it("are asked until the answers will do, with answers to fall back on", async () => {
    const folder = temporaryFolder()
    const answers = ["sink\n", "source\n", "Acme\n", "acme\n", "neat\n", "effect\n", "maybe\n", "y\n", "\n"]
    const { code, left, said } = await person(folder, ["--no-install"], answers)
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(left, [])
    for (const text of [
      '"sink" is no kind',
      '"neat" is no style',
      '"Acme" is no name',
      "y or n",
      "Write millrace-source-acme"
    ])
      assert.include(said, text)
    assert.isTrue(existsSync(join(folder, "millrace-source-acme/.github/workflows/test.yaml")))
  })

  it.each([
    ["Ctrl-C at the first", ["\x03"]],
    ["Ctrl-C at the second", ["\n", "\x03"]],
    ["Ctrl-D", ["\n", "\x04"]],
    ["no at the last", ["\n", "acme\n", "\n", "\n", "n\n"]]
  ])("leave nothing after %s", async (_what, answers) => {
    const folder = temporaryFolder()
    const { code, complaints, left } = await person(folder, [], answers)
    assert.strictEqual(code, 130)
    assert.deepStrictEqual(left, [])
    assert.include(complaints, "nothing was written")
    assert.deepStrictEqual(readdirSync(folder), [])
  })

  it("are not asked about a folder that is taken", async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, "millrace-destination-acme/src"), { recursive: true })
    const { code, complaints } = await person(folder, ["destination"], ["acme\n"])
    assert.strictEqual(code, 2)
    assert.include(complaints, "not empty")
  })
})

/** `script` gives a process a real terminal; most Linux systems have it. */
const hasScript = run("/", "script", "--version").code === 0

describe.skipIf(!hasScript)("at a real terminal", () => {
  const typed = async (folder: string, answers: ReadonlyArray<string>) => {
    const command = `"${process.execPath}" "${bin}" --no-install`
    const child = spawn("script", ["-qefc", command, "/dev/null"], { cwd: folder, env: environment })
    const rest = [...answers]
    let asked = 0
    let said = ""
    child.stdout.on("data", (piece) => {
      said += piece
      const questions = said.match(/(Kind|Name|Style|workflow|Write)[^\n]*: /g)?.length ?? 0
      if (questions > asked) {
        asked = questions
        child.stdin.write(rest.shift() ?? "")
      }
    })
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve))
    return { code, said }
  }

  it("asks and writes", async () => {
    const folder = temporaryFolder()
    const { code, said } = await typed(folder, ["\r", "acme\r", "\r", "\r", "y\r"])
    assert.strictEqual(code, 0, said)
    assert.deepStrictEqual(readdirSync(folder), ["millrace-destination-acme"])
  })

  it("leaves nothing after Ctrl-C", async () => {
    const folder = temporaryFolder()
    const { code, said } = await typed(folder, ["\r", "\x03"])
    assert.strictEqual(code, 130, said)
    assert.include(said, "nothing was written")
    assert.deepStrictEqual(readdirSync(folder), [])
  })
})

describe("templates", () => {
  const templates = filesBelow(join(home, "templates"))

  it("use no name at the top of a file that a plugin may have", () => {
    const code = [...templates].flatMap(([path, text]) =>
      path.endsWith(".ts") && text.includes("__value__") ? [text] : []
    )
    const declared = code.flatMap((text) => [
      ...[...text.matchAll(/^(?:export )?(?:const|function) (\w+)/gm)].map(([, name]) => name!),
      ...[...text.matchAll(/^(?:export )?const \[([^\]]+)\]/gm)].flatMap(([, names]) => names!.split(",")),
      ...[...text.matchAll(/^import (?:type )?\{([^}]+)\}/gm)].flatMap(([, names]) => names!.split(","))
    ])
    const names = declared.map((name) => name.replace(/^.* /, "").replace("...", "").trim())
    const free = names.filter((name) => /^[a-z]/.test(name) && nameProblem(kebabCase(name)) === undefined)
    assert.isAbove(names.length, 20)
    assert.deepStrictEqual(free, [])
  })

  it("are as they should be whatever the length of the name", () => {
    const folder = temporaryFolder()
    for (const name of ["x", "a1-".repeat(9) + "abc"]) {
      for (const kind of ["destination", "source"]) {
        assert.strictEqual(create(folder, kind, name, "--no-install").code, 0)
        const made = join(folder, `millrace-${kind}-${name}`)
        expect(run(made, tool("biome"), "check", "--error-on-warnings")).toMatchObject({ code: 0 })
      }
    }
  })

  it("write a destination of at most 80 lines of source", () => {
    const lines = [...templates].flatMap(([path, text]) =>
      path.startsWith("destination/common/src/") ? text.trimEnd().split("\n") : []
    )
    assert.isAtMost(lines.length, 80)
    assert.isAbove(lines.length, 40)
  })

  it("ask for the versions that this repository uses", () => {
    const workspace = readFileSync(join(repository, "pnpm-workspace.yaml"), "utf8")
    const catalog = new Map(
      [...workspace.matchAll(/^ {2}"?([^":\s]+)"?: (\d\S+)$/gm)].map(([, name, version]) => [name!, version!])
    )
    const biome = manifest(repository).devDependencies["@biomejs/biome"]
    for (const kind of ["destination", "source"]) {
      const { devDependencies, peerDependencies } = JSON.parse(
        templates.get(`${kind}/standalone/package.json.template`)!
      )
      for (const [name, version] of Object.entries(devDependencies)) {
        if (name.startsWith("@millrace/")) assert.strictEqual(version, "__version__")
        else assert.strictEqual(version, name === "@biomejs/biome" ? biome : catalog.get(name), name)
      }
      assert.strictEqual(peerDependencies.effect, `^${catalog.get("effect")}`)
    }
  })
})

const kebabCase = (name: string) => {
  const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  assert.strictEqual(camelCase(kebab), name)
  return kebab
}
