/**
 * The proxies that the environment names, looked at before anything is asked through them.
 *
 * @since 1.0.0
 */
import process from "node:process"
import { problemsOf } from "./internal/proxy.ts"

/**
 * What is wrong with `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`: a line each, which names the variable and shows nothing of a
 * proxy's value, since that may hold a password.
 *
 * @since 1.0.0
 * @category conversions
 */
export const problems = (
  environment: Readonly<Record<string, string | undefined>> = process.env
): ReadonlyArray<string> => problemsOf(environment)
