/**
 * Numbers as people read them.
 *
 * @since 1.0.0
 */

/**
 * `1,234,567`, and `0.5`: at most three digits after the point.
 *
 * @since 1.0.0
 * @category formatting
 */
export const grouped = (value: number): string => {
  // Intl would do the same, but loads eight megabytes of what it knows of languages.
  const [whole = "", part] = String(Math.round(value * 1000) / 1000).split(".")
  const digits = whole.replace(/\B(?=(?:\d{3})+$)/g, ",")
  return part === undefined ? digits : `${digits}.${part}`
}
