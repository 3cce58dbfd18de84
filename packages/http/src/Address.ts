/**
 * Where an API is, as settings say it: at one of the places that its vendor names, such as regions, or at a base URL of
 * one's own, for custom domains, proxies and tests.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"

/**
 * A base URL: of http or https, without credentials, query and fragment; it may have a path. Its errors repeat none of it.
 *
 * @since 1.0.0
 * @category schemas
 */
export const baseUrl = (description: string): Schema.String =>
  Schema.String.annotate({ description }).check(Schema.makeFilter(isBaseUrl))

/**
 * A check of settings: exactly one of the place and `baseUrl` is given. `place` is the name of the setting.
 *
 * @since 1.0.0
 * @category schemas
 */
export const isGivenOnce = <Place extends string>(place: Place) =>
  Schema.makeFilter(
    (settings: { readonly [Name in Place | "baseUrl"]?: string }) =>
      (settings.baseUrl === undefined) !== (settings[place] === undefined) ||
      `expected exactly one of ${place} and baseUrl`
  )

/**
 * The address of settings that were read: the base URL, or else that of the place. Throws where neither is given, which
 * `isGivenOnce` rules out.
 *
 * @since 1.0.0
 * @category conversions
 */
export const of = <Place extends string>(
  places: { readonly [Name in Place]: string },
  place: Place | undefined,
  baseUrl: string | undefined
): URL => new URL(baseUrl ?? (place === undefined ? "" : places[place]))

/**
 * The path of a base URL, to put others behind: without a slash at its end.
 *
 * @since 1.0.0
 * @category conversions
 */
export const pathOf = ({ pathname }: URL): string => pathname.replace(/\/+$/, "")

// internal

const isBaseUrl = (text: string): boolean | string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return "expected an http or https URL"
  if (url.username !== "" || url.password !== "") return "expected a URL without credentials"
  return (url.search === "" && url.hash === "") || "expected a URL without query or fragment"
}
