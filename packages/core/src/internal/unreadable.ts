/**
 * Why a record could not be read. `reason` is a declared kebab-case name: a ledger key, never free text.
 * `detail` is for people and never holds the record's content.
 *
 * @since 1.0.0
 * @category models
 */
export interface Unreadable {
  readonly reason: string
  readonly detail: string
}
