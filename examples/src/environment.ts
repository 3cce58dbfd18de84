/** Secrets and addresses come from the environment. */
import process from "node:process"
import * as Redacted from "effect/Redacted"

export const text = (name: string): string => {
  const value = process.env[name]
  if (value === undefined || value === "") throw new Error(`set ${name} in the environment`)
  return value
}

export const secret = (name: string): Redacted.Redacted<string> => Redacted.make(text(name), { label: name })
