/**
 * The proxy that the environment names for an origin: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, small letters first.
 */
import * as Result from "effect/Result"
import { isExcepted, problemOf } from "./noProxy.ts"
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
  // One proxy for both, where only that for http is named.
  const [proxy] = proxiesIn(environment, isSecure(origin) ? ["HTTPS_PROXY", "HTTP_PROXY"] : ["HTTP_PROXY"])
  if (proxy === undefined) return Result.succeed(undefined)
  return Result.flatMap(isExcepted(origin, variableIn(environment, "NO_PROXY").text), (excepted) =>
    excepted ? Result.succeed(undefined) : read(proxy)
  )
}

/** What is wrong with these variables, whatever is asked through them; nothing where none names a proxy. */
export const problemsOf = (environment: Environment): ReadonlyArray<string> => {
  const proxies = proxiesIn(environment, ["HTTPS_PROXY", "HTTP_PROXY"])
  if (proxies.length === 0) return []
  const { name, text } = variableIn(environment, "NO_PROXY")
  const ofList = problemOf(name, text)
  return [
    ...proxies
      .map(read)
      .filter(Result.isFailure)
      .map(({ failure }) => failure),
    ...(ofList === undefined ? [] : [ofList])
  ]
}

interface Variable {
  readonly name: string
  readonly text: string
}

/** A variable under the name that counts. */
const variableIn = (environment: Environment, name: string): Variable => {
  const small = name.toLowerCase()
  const counts = environment[small] === undefined ? name : small
  return { name: counts, text: (environment[counts] ?? "").trim() }
}

const proxiesIn = (environment: Environment, names: ReadonlyArray<string>): ReadonlyArray<Variable> =>
  names.map((name) => variableIn(environment, name)).filter(({ text }) => text !== "")

const example = "write it as http://proxy.example:3128"

const read = ({ name, text: value }: Variable): Result.Result<HttpProxy, string> => {
  // By itself a word is more likely a slip than a proxy on port 80.
  if (!/:\/\/|:\d+\/?$/.test(value)) return Result.fail(`${name} has neither scheme nor port; ${example}`)
  const text = value.includes("://") ? value : `http://${value}`
  if (!URL.canParse(text)) return Result.fail(`${name} is no URL; ${example}`)
  const url = new URL(text)
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return Result.fail(
      `${name} names a proxy that speaks ${url.protocol.slice(0, -1)}, not http or https; ${example}`
    )
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
