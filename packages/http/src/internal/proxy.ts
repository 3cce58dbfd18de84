/**
 * The proxy that the environment names for an origin: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, small letters first.
 */
import * as Result from "effect/Result"
import { isExcepted } from "./noProxy.ts"
import { isSecure } from "./origin.ts"

export interface HttpProxy {
  readonly url: URL
  /** What a `Proxy-Authorization` header says, from the credentials in the URL. */
  readonly authorization: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** A failure names the variable that is wrong, without the value of a proxy's: that may hold a password. */
export const proxyOf = (
  origin: URL,
  environment: Environment
): Result.Result<HttpProxy | undefined, string> => {
  const textOf = (name: string) => (environment[name.toLowerCase()] ?? environment[name] ?? "").trim()
  // One proxy for both, where only that for http is named.
  const names = isSecure(origin) ? ["HTTPS_PROXY", "HTTP_PROXY"] : ["HTTP_PROXY"]
  const name = names.find((candidate) => textOf(candidate) !== "")
  if (name === undefined) return Result.succeed(undefined)
  return Result.flatMap(isExcepted(origin, textOf("NO_PROXY")), (excepted) =>
    excepted ? Result.succeed(undefined) : read(name, textOf(name))
  )
}

const read = (name: string, value: string): Result.Result<HttpProxy, string> => {
  const text = value.includes("://") ? value : `http://${value}`
  if (!URL.canParse(text)) return Result.fail(`${name} is no URL`)
  const url = new URL(text)
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return Result.fail(`${name} names a proxy that speaks ${url.protocol.slice(0, -1)}, not http or https`)
  }
  const { password, username } = url
  if (username === "" && password === "") return Result.succeed({ url, authorization: undefined })
  const pair = Buffer.from(`${plain(username)}:${plain(password)}`).toString("base64")
  return Result.succeed({ url, authorization: `Basic ${pair}` })
}

/** What a URL escapes, where it is escaped as it should be. */
const plain = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
