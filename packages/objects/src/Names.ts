/**
 * What the names of files and objects tell.
 *
 * @since 1.0.0
 */

/**
 * Whether it is looked into: `.avro`, `.ndjson`, `.jsonl` or `.json`, each also with `.gz`, or `.parquet`.
 *
 * @since 1.0.0
 * @category refinements
 */
export const isReadable = (name: string): boolean => readable.test(name)
const readable = /\.(?:(?:avro|ndjson|jsonl|json)(?:\.gz)?|parquet)$/i

/**
 * Whether it is what others put beside what is to be read, such as `_SUCCESS`.
 *
 * @since 1.0.0
 * @category refinements
 */
export const isMarker = (name: string): boolean => marker.test(name)
const marker = /^[._]|\.crc$/

/**
 * Whether it is what sync tools and browsers call a file until it is whole; the eight hexadecimal digits are those of the AWS
 * CLI.
 *
 * @since 1.0.0
 * @category refinements
 */
export const isTemporary = (name: string): boolean => temporary.test(name)
const temporary =
  /(?:~|\.(?:tmp|temp|part|partial|filepart|crdownload|download|gstmp|swp)|\.(?:avro|ndjson|jsonl|json|gz|parquet)\.[\da-f]{8})$/i

/**
 * Which names are read, for people.
 *
 * @since 1.0.0
 * @category constants
 */
export const readableNames = ".avro, .ndjson, .jsonl or .json, in one of these and .gz, or in .parquet"
