/** What a line of standard input holds. */
import * as Catalogue from "@millrace/core/Catalogue"
import type { Event, UnknownEvent } from "@millrace/core/Event"
import { Braze, type BrazeEvent, CustomHttp } from "@millrace/events-braze"
import * as EventJson from "@millrace/formats/EventJson"
import type { Lines } from "@millrace/formats/Format"

export interface Format<E extends Event> {
  readonly catalogue: Catalogue.Catalogue<E>
  readonly lines: Lines<E>
}

export const event: Format<Event> = { catalogue: Catalogue.any, lines: EventJson.lines }

/** A whole request of Custom HTTP is taken, too: its events one by one, each with its own bytes. */
export const brazeCurrents: Format<BrazeEvent | UnknownEvent> = {
  catalogue: Braze.catalogue,
  lines: { codec: CustomHttp.codec, takeOther: CustomHttp.takeRequest }
}
