/**
 * Every metric of an exporter. What is not declared here does not exist: the page, the export and the tables of the
 * documentation are made of these declarations.
 *
 * @since 1.0.0
 */

/**
 * Where the values of a metric come from.
 *
 * - `ledger`: read from the outbox at each scrape. All exporters that share an outbox tell the same.
 * - `state`: how this exporter stands at the scrape.
 * - `observer`: counted by this exporter since it started.
 *
 * @since 1.0.0
 * @category models
 */
export type Origin = "ledger" | "state" | "observer"

/**
 * A metric. Its name and its labels do not change without a word in the release notes.
 *
 * @since 1.0.0
 * @category models
 */
export interface Declaration<out Label extends string = string> {
  readonly name: string
  readonly kind: "counter" | "gauge" | "histogram"
  /** A label that a value does not have is left out. */
  readonly labels: ReadonlyArray<Label>
  readonly origin: Origin
  readonly help: string
  /** Absent for counts of things. */
  readonly unit?: "seconds" | "bytes"
  /** Upper bounds of the buckets of a histogram. */
  readonly boundaries?: ReadonlyArray<number>
}

const slow = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
const quick = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
const counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000]
const sizes = [1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304]

const of =
  (origin: Origin, kind: Declaration["kind"]) =>
  <const Label extends string = never>(
    name: string,
    labels: ReadonlyArray<Label>,
    help: string,
    more: Pick<Declaration, "unit" | "boundaries"> = {}
  ): Declaration<Label> => ({ name, kind, labels, origin, help, ...more })

const ledger = { counter: of("ledger", "counter"), gauge: of("ledger", "gauge") }
const state = { counter: of("state", "counter"), gauge: of("state", "gauge") }
const seen = {
  counter: of("observer", "counter"),
  gauge: of("observer", "gauge"),
  histogram: of("observer", "histogram")
}

const lane = ["route", "lane"] as const
const seconds = { unit: "seconds" } as const
const bytes = { unit: "bytes" } as const

/**
 * The declarations, by short names.
 *
 * @since 1.0.0
 * @category constants
 */
export const Metrics = {
  events: ledger.counter(
    "millrace_events_total",
    [...lane, "outcome", "reason"],
    "Events by what became of them, since the outbox was made: read, filtered, skipped, delivered, dead or erased. A replay or a purge makes dead smaller."
  ),
  waitingEvents: ledger.gauge("millrace_waiting_events", lane, "Events that wait in the outbox."),
  waitingBytes: ledger.gauge(
    "millrace_waiting_bytes",
    lane,
    "Bytes of the outbox that a lane's waiting events fill.",
    bytes
  ),
  oldestWaiting: ledger.gauge(
    "millrace_oldest_waiting_seconds",
    lane,
    "For how long the oldest waiting event has waited; 0 when none waits.",
    seconds
  ),
  retentionLeft: ledger.gauge(
    "millrace_retention_left_seconds",
    lane,
    "How long until the oldest waiting event becomes a dead letter; absent when none waits.",
    seconds
  ),
  deadLetters: ledger.gauge("millrace_dead_letters", ["route", "reason"], "Dead letters that are kept."),
  missing: ledger.gauge(
    "millrace_missing_events",
    ["route"],
    "Events read that the ledger does not account for: always 0, or there is a defect."
  ),
  outboxBytes: ledger.gauge("millrace_outbox_bytes", [], "Bytes in the outbox.", bytes),
  outboxLimit: ledger.gauge(
    "millrace_outbox_limit_bytes",
    [],
    "The most that the outbox may hold; absent where there is no limit.",
    bytes
  ),
  diskFree: ledger.gauge(
    "millrace_outbox_disk_free_bytes",
    [],
    "Free bytes on the outbox's disk; absent where it has none.",
    bytes
  ),
  laneOpen: state.gauge("millrace_lane_open", lane, "Whether the gate of the lane is open: 1 or 0."),
  laneClosed: state.gauge(
    "millrace_lane_closed",
    [...lane, "reason"],
    "1 for each lane whose gate is closed, with the reason."
  ),
  laneWait: state.gauge(
    "millrace_lane_wait_seconds",
    lane,
    "How long until the lane may make its next attempt; 0 when it may now.",
    seconds
  ),
  laneFailing: state.gauge(
    "millrace_lane_failing_seconds",
    lane,
    "For how long attempts have failed without a success; 0 when the last one succeeded, or none was made.",
    seconds
  ),
  laneSuccess: state.gauge(
    "millrace_lane_last_success_timestamp_seconds",
    lane,
    "When an attempt last succeeded in this run; absent before the first.",
    seconds
  ),
  underWay: state.gauge("millrace_attempts_under_way", lane, "Attempts under way."),
  sourceState: state.gauge(
    "millrace_source_state",
    ["source", "state"],
    "1 for the state that the source is in, 0 for all others: reading, waiting, gone, unreadable, failing, closed, ended, failed."
  ),
  sourceLag: state.gauge(
    "millrace_source_lag_seconds",
    ["source"],
    "For how long the oldest input that is not read has been there; 0 when all is read, absent for a source that cannot tell.",
    seconds
  ),
  sourceLagPieces: state.gauge(
    "millrace_source_lag_pieces",
    ["source"],
    "Files, objects or messages that are not read to their end; absent for a source that cannot tell."
  ),
  sourceLagBytes: state.gauge(
    "millrace_source_lag_bytes",
    ["source"],
    "Bytes of what is not read to its end; absent for a source that cannot tell.",
    bytes
  ),
  sourceRead: state.gauge(
    "millrace_source_last_read_timestamp_seconds",
    ["source"],
    "When something of the source was last stored in this run; absent before the first.",
    seconds
  ),
  sourceNewest: state.gauge(
    "millrace_source_newest_event_timestamp_seconds",
    ["source"],
    "The latest time of an event that was read in this run; absent before the first.",
    seconds
  ),
  sourceProblems: state.gauge(
    "millrace_source_problems",
    ["source"],
    "What of the source cannot be read now, such as files."
  ),
  sourceUnread: state.gauge(
    "millrace_source_unread_splits",
    ["source"],
    "Splits that are not read to their end, although the source is done with them for now."
  ),
  attention: state.gauge(
    "millrace_attention",
    ["condition", "route", "lane", "source"],
    "1 for each condition that needs somebody's attention, as status, alerts and the page name it."
  ),
  instanceTracks: ledger.gauge(
    "millrace_instance_tracks",
    ["name", ...lane],
    "Tracks of a lane that an exporter of the fleet delivers for; absent where the outbox has one owner."
  ),
  instanceSplits: ledger.gauge(
    "millrace_instance_splits",
    ["name"],
    "Splits that an exporter of the fleet is reading; absent where the outbox has one owner."
  ),
  instanceSilent: ledger.gauge(
    "millrace_instance_silent_seconds",
    ["name"],
    "For how long nothing was heard of an exporter of the fleet; absent where the outbox has one owner.",
    seconds
  ),
  started: state.gauge("millrace_start_timestamp_seconds", [], "When this exporter began to run.", seconds),
  build: state.gauge(
    "millrace_build_info",
    ["exporter", "version", "node"],
    "1, with the name of the exporter, its version, and that of Node."
  ),
  processCpu: state.counter(
    "process_cpu_seconds_total",
    [],
    "Time that processors have spent on this process.",
    seconds
  ),
  processMemory: state.gauge(
    "process_resident_memory_bytes",
    [],
    "Memory that this process has in use.",
    bytes
  ),
  attemptSeconds: seen.histogram(
    "millrace_attempt_seconds",
    [...lane, "outcome"],
    "How long attempts took, by outcome: delivered, partly, retry, unauthorized, rejected, too-large or defect.",
    { ...seconds, boundaries: slow }
  ),
  attemptEvents: seen.histogram("millrace_attempt_events", lane, "Events in an attempt.", {
    boundaries: counts
  }),
  attemptBytes: seen.histogram("millrace_attempt_bytes", lane, "Bytes of the messages in an attempt.", {
    ...bytes,
    boundaries: sizes
  }),
  refusals: seen.counter(
    "millrace_refused_attempts_total",
    [...lane, "outcome", "reason"],
    "Attempts of which not all was taken, by the reason of the first message that was not."
  ),
  settled: seen.counter(
    "millrace_settled_events_total",
    [...lane, "outcome", "reason"],
    "Events that this exporter saw end since it started: delivered or dead. Those that died at the intake have no lane."
  ),
  closings: seen.counter(
    "millrace_lane_closings_total",
    [...lane, "reason"],
    "How often the gate of the lane closed."
  ),
  appendSeconds: seen.histogram(
    "millrace_append_seconds",
    [],
    "How long it took until a chunk was durable.",
    { ...seconds, boundaries: quick }
  ),
  appendBytes: seen.counter(
    "millrace_append_bytes_total",
    ["source"],
    "Bytes of records that were stored.",
    bytes
  ),
  chunkSeconds: seen.histogram(
    "millrace_chunk_seconds",
    ["source"],
    "How long it took to take a chunk through the routes.",
    { ...seconds, boundaries: quick }
  ),
  chunkEvents: seen.histogram("millrace_chunk_events", ["source"], "Events and bad records in a chunk.", {
    boundaries: counts
  }),
  sourceEvents: seen.counter(
    "millrace_source_events_total",
    ["source"],
    "Events and bad records that were read and stored."
  ),
  sourceBad: seen.counter(
    "millrace_source_bad_records_total",
    ["source"],
    "Records that could not be read as events."
  ),
  sourceBytes: seen.counter(
    "millrace_source_bytes_total",
    ["source"],
    "Bytes of input that were read, as far as the source tells.",
    bytes
  ),
  sourceFailures: seen.counter(
    "millrace_source_failures_total",
    ["source", "reason"],
    "How often the source failed, or was refused."
  ),
  ownedTracks: seen.gauge(
    "millrace_owned_tracks",
    lane,
    "Tracks of the lane that this exporter delivers for."
  ),
  ownedSplits: seen.gauge("millrace_owned_splits", ["source"], "Splits that this exporter is reading."),
  droppedSpans: seen.counter(
    "millrace_dropped_spans_total",
    [],
    "Spans that were not exported, since there were too many at once."
  )
} as const

/**
 * All of them, in the order of the documentation.
 *
 * @since 1.0.0
 * @category constants
 */
export const all: ReadonlyArray<Declaration> = Object.values(Metrics)
