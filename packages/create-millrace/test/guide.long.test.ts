/** The plugin guide, followed to the letter: what stands in its blocks is typed and changed, in their order. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { assert, describe, it } from "vitest"
import { copyOfRepository, link } from "./support/places.ts"
import {
  bin,
  demandAllPassed,
  filesBelow,
  repository,
  run,
  succeed,
  temporaryFolder,
  tool
} from "./support/program.ts"
import { movePort, type Serving, start } from "./support/serving.ts"

interface Block {
  readonly language: string
  readonly words: ReadonlyArray<string>
  readonly lines: ReadonlyArray<string>
}

const guide = readFileSync(join(repository, "docs/plugin-guide.md"), "utf8")
const blocks: ReadonlyArray<Block> = [...guide.matchAll(/^```(\w+)(.*)\n([\s\S]*?)\n```$/gm)].map(
  ([, language = "", words = "", text = ""]) => ({
    language,
    words: words.trim().split(" "),
    lines: text.split("\n")
  })
)
const commands = blocks.filter(({ language }) => language === "sh").flatMap(({ lines }) => lines)

/** Changes a text as the lines of a diff say; what they leave and take away must stand there once. */
const changed = (text: string, lines: ReadonlyArray<string>): string => {
  const side = (sign: string) =>
    lines.filter((line) => line.startsWith(" ") || line.startsWith(sign)).map((line) => `${line.slice(1)}\n`)
  const [before, after] = [side("-").join(""), side("+").join("")]
  assert.strictEqual(text.split(before).length, 2, `the guide changes what is not there:\n${before}`)
  return text.replace(before, () => after)
}

interface Followed {
  /** Where the plugin is. */
  readonly folder: string
  /** What was said in answer to each command. */
  readonly said: ReadonlyMap<string, string>
  readonly server: string
}

/**
 * In a shell whose folder and environment last from one command to the next, as for a person. `instead` replaces what
 * cannot be had before Millrace is published.
 */
const follow = async (
  from: string,
  way: "repository" | "stand-alone",
  instead: (command: string) => string,
  afterwards: (folder: string) => void
): Promise<Followed> => {
  let folder = from
  let server: Serving | undefined
  const said = new Map<string, string>()
  const variables: Array<string> = []
  try {
    for (const { language, lines, words } of blocks) {
      if (words.includes("publish") || words.includes(way === "repository" ? "stand-alone" : "repository"))
        continue
      if (language === "diff") {
        const file = join(folder, words[0]!)
        writeFileSync(file, changed(readFileSync(file, "utf8"), lines))
      }
      for (const line of language === "sh" ? lines : []) {
        if (line.startsWith("cd ")) {
          folder = join(folder, line.slice("cd ".length))
          afterwards(folder)
        } else if (line.startsWith("export ")) variables.push(line.slice("export ".length))
        else if (line.endsWith(" &"))
          server = await start(folder, "sh", "-c", `exec ${line.slice(0, -" &".length)}`)
        else said.set(line, succeed(folder, "env", ...variables, "sh", "-c", instead(line)))
      }
      // The server of the example moves to a port that is free once its configuration is as the guide wants it.
      if (words[0] === "example/millrace.yaml") await movePort(folder)
    }
    return { folder, said, server: (await server?.stop()) ?? "" }
  } finally {
    await server?.stop()
  }
}

const demandResults = ({ folder, said, server }: Followed) => {
  const command = (part: string) => [...said].find(([line]) => line.includes(part))?.[1] ?? ""
  demandAllPassed(command("npm test"), 29)
  demandAllPassed(command("npm test -- -u"), 29)
  assert.include(readFileSync(join(folder, "test/golden/order-placed.json"), "utf8"), '"mode": "live"')
  assert.match(command("-- check"), /acme +main +accepted/)
  assert.match(command("-- preview"), /3 events read; not sent: 1 anonymous/)
  assert.match(command("-- preview"), /"mode": "test"/)
  assert.match(command("-- run"), /delivered +to lane: main +2\n/)
  assert.match(command("-- run"), /anonymous +1\n/)
  assert.match(server, /^taken: \{"id":"order-1","mode":"test","event":"order.placed","at":1782742805000,/m)
}

describe("the plugin guide", () => {
  it("is short", () => {
    assert.isAtMost(commands.length, 15)
    assert.isAtMost(guide.split("\n").length - 1, 200)
  })

  it("leads to a plugin in the repository, and changes no file outside of it but the lock file", async () => {
    const root = copyOfRepository()
    const before = filesBelow(root)
    const followed = await follow(
      root,
      "repository",
      (line) => line,
      () => {}
    )
    demandResults(followed)
    assert.strictEqual(followed.folder, join(root, "packages/destination-acme"))
    const outside = [...filesBelow(root)].filter(([path]) => !path.startsWith("packages/destination-acme/"))
    assert.deepStrictEqual(
      outside.filter(([path, text]) => before.get(path) !== text).map(([path]) => path),
      ["pnpm-lock.yaml"]
    )
    assert.strictEqual(outside.length, before.size)
    // It is as this house wants it, the changes of the guide too.
    succeed(root, tool("biome"), "check", "--error-on-warnings", "packages/destination-acme")
    assert.notInclude(run(root, process.execPath, "tools/structure.ts").errors, "destination-acme")
  })

  it("leads to a package of one's own", async () => {
    const program = `"${process.execPath}" "${bin}" --no-install`
    const followed = await follow(
      temporaryFolder(),
      "stand-alone",
      (line) => line.replace(/^npm create millrace@latest (.*) -- /, (_, named) => `${program} ${named} `),
      link
    )
    demandResults(followed)
    succeed(followed.folder, "npm", "run", "lint")
    // What would be published: what was built, and nothing of the tests.
    const packed = succeed(followed.folder, "npm", "pack", "--dry-run", "--ignore-scripts")
    assert.include(packed, "dist/AcmeDestination.js")
    assert.notInclude(packed, "golden")
  })
})
