/** What the names of files tell. */

/** A file that is looked into. */
export const isReadable = (name: string): boolean => readable.test(name)
const readable = /\.(?:avro|ndjson|jsonl|json)(?:\.gz)?$/i

/** What others put beside files. */
export const isMarker = (name: string): boolean => marker.test(name)
const marker = /^[._]|\.crc$/

/** What sync tools and browsers call a file until it is whole; the eight hexadecimal digits are those of the AWS CLI. */
export const isTemporary = (name: string): boolean => temporary.test(name)
const temporary =
  /(?:~|\.(?:tmp|temp|part|partial|filepart|crdownload|download|gstmp|swp)|\.(?:avro|ndjson|jsonl|json|gz)\.[\da-f]{8})$/i
