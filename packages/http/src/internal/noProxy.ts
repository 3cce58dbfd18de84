/**
 * `NO_PROXY`, as curl reads it: names with all that is below them, addresses, ranges of addresses, `*`. Pure.
 */
import { BlockList, isIP } from "node:net"
import * as Result from "effect/Result"
import { excerpt } from "../Excerpt.ts"
import { hostOf, portOf } from "./origin.ts"

const entriesOf = (list: string): ReadonlyArray<string> =>
  list
    .toLowerCase()
    .split(/[,\s]+/)
    .filter((entry) => entry !== "")

/** Whether an origin is asked without a proxy. An entry that only looks like a range of addresses is an error. */
export const isExcepted = (origin: URL, list: string): Result.Result<boolean, string> => {
  const host = hostOf(origin).toLowerCase()
  const problem = problemOf("NO_PROXY", list)
  return problem === undefined
    ? Result.succeed(entriesOf(list).some((entry) => isMatch(entry, host, portOf(origin))))
    : Result.fail(problem)
}

/** What is wrong with a list; whatever stands before a host may be a password. */
export const problemOf = (name: string, list: string): string | undefined => {
  const odd = entriesOf(list).find((entry) => entry.includes("/") && rangeOf(entry) === undefined)
  if (odd === undefined) return undefined
  const shown = excerpt(odd).replace(/^[^/]*@/, "***@")
  return `${name} holds ${shown}, which is neither a host nor a range of addresses such as 10.0.0.0/8`
}

const isMatch = (entry: string, host: string, port: number): boolean => {
  if (entry.includes("/")) return rangeOf(entry)?.check(host, familyOf(host)) ?? false
  const [, name = entry, only] = /^\[(.+)\](?::(\d+))?$/.exec(entry) ?? /^([^:]+):(\d+)$/.exec(entry) ?? []
  if (only !== undefined && Number(only) !== port) return false
  if (name === "*") return true
  if (isIP(name) !== 0) return isSameAddress(name, host)
  const domain = name.replace(/^\*?\./, "").replace(/\.$/, "")
  return host.endsWith(`.${domain}`) || (host === domain && !name.startsWith("*"))
}

const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4")

/** Addresses have several spellings. */
const isSameAddress = (one: string, other: string): boolean => {
  const list = new BlockList()
  list.addAddress(one, familyOf(one))
  return isIP(other) !== 0 && list.check(other, familyOf(other))
}

const rangeOf = (
  entry: string
): { check: (host: string, family: "ipv4" | "ipv6") => boolean } | undefined => {
  const [address = "", bits = "", rest] = entry.replace(/^\[(.+)\]/, "$1").split("/")
  const most = isIP(address) === 6 ? 128 : 32
  if (isIP(address) === 0 || rest !== undefined || !/^\d{1,3}$/.test(bits) || Number(bits) > most)
    return undefined
  const list = new BlockList()
  list.addSubnet(address, Number(bits), familyOf(address))
  return { check: (host, family) => isIP(host) !== 0 && list.check(host, family) }
}
