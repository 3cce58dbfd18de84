import * as Option from "effect/Option"

/** None for what is not JSON. The reason is left out: `JSON.parse` quotes what it read. */
export const parseJson: (text: string) => Option.Option<unknown> = Option.liftThrowable(
  (text: string): unknown => JSON.parse(text)
)
