/** How a Parquet file begins, apart from what reads it: that is loaded with the first one. */

export const magic = Buffer.from("PAR1", "latin1")
export const encrypted = Buffer.from("PARE", "latin1")

/** Whether a Parquet file begins here, encrypted or not, or may begin where there are fewer bytes. */
export const begins = (start: Buffer): boolean =>
  [magic, encrypted].some((bytes) => bytes.subarray(0, start.length).equals(start.subarray(0, bytes.length)))
