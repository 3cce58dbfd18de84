/**
 * The suite that every destination plugin passes, against a remote that fails on demand.
 *
 * What a plugin promises to itself alone (`assign`, `prepare`, one attempt of `deliver`) is asked of it directly; what
 * must come out in the end (nothing lost, nothing double beyond at least once, one verdict on each event) is asked of
 * the real exporter with the plugin in it, on the real clock and over real connections.
 *
 * @since 1.0.0
 */
import type { Event } from "@millrace/core/Event"
import * as Conformance from "./Conformance.ts"
import { attemptPromises } from "./internal/conformance/attemptPromises.ts"
import { deliveryPromises } from "./internal/conformance/deliveryPromises.ts"
import type { DestinationUnderTest } from "./internal/conformance/destinationUnderTest.ts"
import { keyPromises } from "./internal/conformance/keyPromises.ts"
import { purePromises } from "./internal/conformance/purePromises.ts"
import { secretPromises } from "./internal/conformance/secretPromises.ts"
import { settingsPromises } from "./internal/conformance/settingsPromises.ts"
import * as Subject from "./internal/conformance/subject.ts"
import { tokenPromises } from "./internal/conformance/tokenPromises.ts"
import { troublePromises } from "./internal/conformance/troublePromises.ts"

export type { DestinationUnderTest, Judged, Remote } from "./internal/conformance/destinationUnderTest.ts"

/**
 * The promises of a destination, to be run in any way.
 *
 * @since 1.0.0
 * @category testing
 */
export const destinationSuite = <E extends Event, Input, CredentialsInput>(
  under: DestinationUnderTest<E, Input, CredentialsInput>
): Conformance.Suite => {
  const subject = Subject.make(under)
  const { remote } = subject
  const alone = [...settingsPromises(subject), ...purePromises(subject)]
  const unread = under.readme === undefined ? ["README"] : []
  if (under.remote === false) {
    return {
      subject: `${subject.name} as a destination`,
      leftOut: ["everything that is sent", ...unread],
      promises: alone
    }
  }
  const leftOut = [
    ...(under.credentials === undefined ? ["credentials"] : []),
    ...(under.credentials !== undefined && remote.unauthorized === false ? ["refused credentials"] : []),
    ...(remote.refused === false ? ["refused requests"] : []),
    ...(remote.each === undefined ? ["verdicts on single messages"] : []),
    ...(remote.tooLarge === false ? ["too large"] : []),
    ...(remote.throttled === false ? ["throttling"] : []),
    ...unread
  ]
  return {
    subject: `${subject.name} as a destination`,
    leftOut,
    promises: [
      ...alone,
      ...attemptPromises(subject),
      ...deliveryPromises(subject),
      ...troublePromises(subject),
      ...keyPromises(subject),
      ...tokenPromises(subject),
      ...secretPromises(subject)
    ]
  }
}

/**
 * Declares a vitest suite with one test for each promise of a destination.
 *
 * @since 1.0.0
 * @category testing
 */
export const destinationConformance = <E extends Event, Input, CredentialsInput>(
  under: DestinationUnderTest<E, Input, CredentialsInput>
): void => Conformance.declare(destinationSuite(under))
