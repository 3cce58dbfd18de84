/** Avro records read straight into events. */
import type { Unreadable } from "@millrace/core/Codec"
import type { UnknownEvent } from "@millrace/core/Event"
import * as Result from "effect/Result"
import { Inexact, type Make } from "./avroType.ts"
import { assemble, type BrazeEvent, makeUser, nested, nestedOf } from "./event.ts"

const roles: ReadonlyMap<string, number> = new Map([
  ["id", 1],
  ["time", 2],
  ["user_id", 3],
  ["external_user_id", 4],
  ["device_id", 5],
  ["timezone", 6],
  ["time_ms", 7]
])

/** Reads a record's fields straight into an event. */
export const eventOf =
  (type: string): Make<Result.Result<BrazeEvent | UnknownEvent, Unreadable>> =>
  (fields) => {
    const objectName = nested.get(type)
    const plan = fields.map(
      ({ name }) =>
        roles.get(name) ??
        (name === "properties" && objectName !== undefined ? 8 : name === "__proto__" ? 9 : 0)
    )
    const count = fields.length
    const names = fields.map(({ name }) => name)
    const types = fields.map((field) => field.type)
    const converts = fields.map(({ convert }) => convert)

    return (tap) => {
      const properties: { [name: string]: unknown } = {}
      let fault: Unreadable | undefined
      let id: unknown
      let time: unknown
      let timeMs: unknown
      let sourceId: unknown
      let externalId: unknown
      let deviceId: unknown
      let timezone: unknown
      for (let i = 0; i < count; i++) {
        let value = types[i]!._read(tap)
        if (value === null) continue
        const convert = converts[i]
        if (convert !== undefined) {
          try {
            value = convert(value)
          } catch (cause) {
            if (!(cause instanceof Inexact)) throw cause
            // The rest is read all the same: behind it stands the next record.
            fault ??= { reason: "malformed", detail: cause.message }
            continue
          }
          if (value === null) continue
        }
        const name = names[i]!
        switch (plan[i]) {
          case 0:
            properties[name] = value
            break
          case 1:
            id = value
            break
          case 2:
            time = value
            break
          case 3:
            sourceId = value
            break
          case 4:
            externalId = value
            break
          case 5:
            deviceId = value
            break
          case 6:
            timezone = value
            break
          case 7:
            timeMs = properties["time_ms"] = value
            break
          case 8: {
            const found = typeof value === "string" ? nestedOf(value) : Result.succeed(undefined)
            if (Result.isFailure(found)) fault ??= found.failure
            else properties[found.success === undefined ? "properties" : objectName!] = found.success ?? value
            break
          }
          default:
            // An assignment would change the prototype instead.
            Object.defineProperty(properties, name, {
              value,
              enumerable: true,
              writable: true,
              configurable: true
            })
        }
      }
      if (fault !== undefined) return Result.fail(fault)
      return assemble(type, id, time, timeMs, makeUser(sourceId, externalId, deviceId, timezone), properties)
    }
  }
