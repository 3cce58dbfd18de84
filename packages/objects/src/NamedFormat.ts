/**
 * The formats that a configuration names.
 *
 * @since 1.0.0
 */
import * as Catalogue from "@millrace/core/Catalogue"
import type { Event, UnknownEvent } from "@millrace/core/Event"
import { AvroRecord, Braze, type BrazeEvent, CustomHttp, Table } from "@millrace/events-braze"
import * as EventJson from "@millrace/formats/EventJson"
import type { Format } from "@millrace/formats/Format"

/**
 * What is read, and the events that come of it.
 *
 * @since 1.0.0
 * @category models
 */
export interface NamedFormat<E extends Event> {
  readonly catalogue: Catalogue.Catalogue<E>
  readonly format: Format<E>
}

/**
 * `braze-currents`: a Currents export to cloud storage, in Avro or JSON, or in Parquet that was made of it.
 *
 * @since 1.0.0
 * @category constants
 */
export const brazeCurrents: NamedFormat<BrazeEvent | UnknownEvent> = {
  catalogue: Braze.catalogue,
  format: {
    lines: { codec: CustomHttp.codec, takeOther: CustomHttp.takeRequest, signature: '"event_type"' },
    avro: AvroRecord.reader,
    rows: Table.rows,
    otherwise: "not-currents"
  }
}

/**
 * `event`: Millrace's own JSON of an event, one a line, or in Parquet one a row.
 *
 * @since 1.0.0
 * @category constants
 */
export const event: NamedFormat<Event> = {
  catalogue: Catalogue.any,
  format: { lines: EventJson.lines, rows: EventJson.rows, otherwise: "not-events" }
}
