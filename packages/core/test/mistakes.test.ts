/**
 * What the compiler says of a plugin with a mistake, in the first line of its error: all that an editor shows at once.
 */
import { execFile } from "node:child_process"
import { readdirSync } from "node:fs"
import { basename, join } from "node:path"
import { promisify } from "node:util"
import { beforeAll, describe, expect, it } from "vitest"

const folder = join(import.meta.dirname, "mistakes")
const compiler = join(import.meta.dirname, "../node_modules/.bin/tsc")

/** Errors as the compiler prints them, without the lines that explain them. */
const errors = new Map<string, Array<string>>()

beforeAll(async () => {
  const found = promisify(execFile)(compiler, ["-p", folder, "--pretty", "false"], { cwd: folder })
  const { stdout } = await found.catch((failed: { readonly stdout: string }) => failed)
  for (const [, file = "", text = ""] of stdout.matchAll(/^([\w-]+)\.ts\(\d+,\d+\): error TS\d+: (.*)$/gm)) {
    errors.set(file, [...(errors.get(file) ?? []), text])
  }
})

const says: Readonly<Record<string, RegExp>> = {
  "no-open": /^Property 'open' is missing in type .+ but required in type 'Declaration</,
  "no-prepare": /^Property 'prepare' is missing in type .+ but required in type 'Opened</,
  "no-check": /^Property 'check' is missing in type .+ but required in type 'Connection<.+>'/,
  "no-check-async":
    /^Type '\{ deliver: .+ is not assignable to type 'AsyncConnection<.+> \| Promise<AsyncConnection</,
  "source-no-catalogue": /^Property 'catalogue' is missing in type .+ but required in type 'Declaration</,
  "settings-no-schema": /^Object literal .+ 'shelf' does not exist in type 'Codec</,
  "wrong-setting": /^Type '"c"' is not assignable to type '"a" \| "b"'/,
  "unknown-setting": /^Property 'shelve' does not exist on type '\{ readonly shelf: "a" \| "b"; \}'/,
  "plain-secret": /^Type 'string' is not assignable to type 'Redacted<string>'/,
  "rejected-for-all":
    /^Argument of type 'Rejected' is not assignable to parameter of type 'Delivered \| Retry'/,
  "verdict-of-another-kind": /^Type 'boolean' is not assignable to type 'Outcome'/,
  "outcomes-by-hand":
    /^Type 'Effect<Delivered\[\], .+ is not assignable to type 'Effect<Outcomes, DeliveryError/,
  "nothing-answered": /^Type 'Effect<void, .+ is not assignable to type 'Effect<Outcomes, DeliveryError/,
  "another-error": /^Type 'Effect<never, Error, .+ is not assignable to type 'Effect<Outcomes, DeliveryError/,
  "event-not-accepted": /^Argument of type 'Destination<.+ & DestinationDoesNotAccept<"site\.Visit">'/,
  "no-event-called-so": /^Argument of type '"shop\.Ordr"' is not assignable .+ NoEventIsCalled<"shop\.Ordr">'/
}

describe("the compiler's first line", () => {
  it("is held for every mistake there is", () => {
    const mistakes = readdirSync(folder)
      .filter((name) => name.endsWith(".ts") && name !== "good.ts")
      .map((name) => basename(name, ".ts"))
    expect(mistakes.sort()).toEqual(Object.keys(says).sort())
    expect(errors.get("good")).toBeUndefined()
  })

  it.each(Object.entries(says))("says what is wrong: %s", (mistake, text) => {
    expect(errors.get(mistake)).toHaveLength(1)
    expect(errors.get(mistake)?.[0]).toMatch(text)
  })
})
