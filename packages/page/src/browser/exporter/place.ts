/** Where in the page somebody is: it stands in the address, so that it can be sent on and gone back from. */
import { useEffect, useState } from "preact/hooks"
import { type Filter, filterParts, type LaneKey } from "./model.ts"

export interface Place {
  readonly section: string
  readonly filter: Filter
  readonly after: number
  readonly letter?: number
  readonly lane?: LaneKey
}

export const placeOf = (hash: string): Place => {
  const [section = "", query = ""] = hash.replace(/^#/, "").split("?")
  const given = new URLSearchParams(query)
  const filter = Object.fromEntries(
    filterParts.flatMap((part) => {
      const value = given.get(part)
      return value === null || value === "" ? [] : [[part, value]]
    })
  )
  const { route, lane } = filter
  const id = Number(given.get("id"))
  return {
    section,
    filter,
    after: Number(given.get("after") ?? 0) || 0,
    ...(id > 0 ? { letter: id } : {}),
    ...(section === "lanes" && route !== undefined && lane !== undefined ? { lane: { route, lane } } : {})
  }
}

export const toLetters = (
  filter: Filter,
  more: { readonly after?: number; readonly id?: number } = {}
): string => {
  const parts = Object.entries({ ...filter, ...more }).map(([name, value]) => [name, String(value)])
  const query = new URLSearchParams(parts).toString()
  return query === "" ? "#dead-letters" : `#dead-letters?${query}`
}

export const toLane = ({ route, lane }: LaneKey): string =>
  `#lanes?${new URLSearchParams({ route, lane }).toString()}`

export const usePlace = (): Place => {
  const [place, setPlace] = useState(() => placeOf(location.hash))
  useEffect(() => {
    const onChange = () => setPlace(placeOf(location.hash))
    addEventListener("hashchange", onChange)
    return () => removeEventListener("hashchange", onChange)
  }, [])
  return place
}

/** Brings a section into sight, and the focus to its heading. */
export const useSight = (section: string, place: Place): void => {
  useEffect(() => {
    if (place.section !== section) return
    const heading = document.getElementById(section)
    heading?.focus({ preventScroll: true })
    heading?.scrollIntoView({ block: "start" })
  }, [place.section, place.letter, JSON.stringify(place.filter)])
}
