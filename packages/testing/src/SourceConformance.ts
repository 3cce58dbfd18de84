/**
 * The suite that every source plugin passes, against an intake that crashes, waits, is full and takes claims away.
 *
 * @since 1.0.0
 */
import type { Event } from "@millrace/core/Event"
import * as Conformance from "./Conformance.ts"
import { pushPromises } from "./internal/conformance/pushPromises.ts"
import { readingPromises } from "./internal/conformance/readingPromises.ts"
import { descriptions } from "./internal/conformance/settingsPromises.ts"
import * as SourceSubject from "./internal/conformance/sourceSubject.ts"
import type { SourceUnderTest } from "./internal/conformance/sourceUnderTest.ts"
import { splitPromises } from "./internal/conformance/splitPromises.ts"

export type { Limits, SourceUnderTest, Supply } from "./internal/conformance/sourceUnderTest.ts"

/**
 * The promises of a source, to be run in any way.
 *
 * @since 1.0.0
 * @category testing
 */
export const sourceSuite = <E extends Event, Input, CredentialsInput>(
  under: SourceUnderTest<E, Input, CredentialsInput>
): Conformance.Suite => {
  const subject = SourceSubject.make(under)
  const { info, settingsSchema, credentialsSchema } = under.plugin
  return {
    subject: `${info.name} as a ${under.kind} source`,
    leftOut: [
      ...(subject.meetsBadRecords ? [] : ["bad records"]),
      ...(under.kind === "pull" && !subject.replayable ? ["reading again"] : []),
      ...(under.readme === undefined ? ["README"] : [])
    ],
    promises: [
      ...descriptions({ settings: settingsSchema, credentials: credentialsSchema }, under.readme),
      ...readingPromises(subject),
      ...(under.kind === "pull" ? splitPromises(subject) : pushPromises(subject))
    ]
  }
}

/**
 * Declares a vitest suite with one test for each promise of a source.
 *
 * @since 1.0.0
 * @category testing
 */
export const sourceConformance = <E extends Event, Input, CredentialsInput>(
  under: SourceUnderTest<E, Input, CredentialsInput>
): void => Conformance.declare(sourceSuite(under))
