/** Parameters of statements that are arrays: one for each column of the rows that a statement takes. */
import { PgTypes } from "@effect/sql-pg"
import * as Result from "effect/Result"
import { toStored } from "./text.ts"

const arrayOf = (oid: number) => (values: ReadonlyArray<unknown>) =>
  Result.getOrThrow(PgTypes.array(values, oid))

export const longs: (values: ReadonlyArray<number | null>) => PgTypes.Parameter = arrayOf(PgTypes.OID.int8)
export const integers: (values: ReadonlyArray<number>) => PgTypes.Parameter = arrayOf(PgTypes.OID.int4)
export const floats: (values: ReadonlyArray<number>) => PgTypes.Parameter = arrayOf(PgTypes.OID.float8)
export const bytes: (values: ReadonlyArray<Uint8Array | null>) => PgTypes.Parameter = arrayOf(
  PgTypes.OID.bytea
)
export const texts = (values: ReadonlyArray<string>): PgTypes.Parameter =>
  arrayOf(PgTypes.OID.text)(values.map(toStored))
