/**
 * Values of metrics by their labels, kept in a registry of their own: nothing of the surrounding program mixes with them.
 */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Declaration } from "../Metrics.ts"

export type Labels<Label extends string> = { readonly [Name in Label]?: string | undefined }

export interface Series {
  readonly registry: Metric.MetricRegistry
  /** Adds to a counter, sets a gauge, or tells a histogram. */
  readonly record: <Label extends string>(
    declaration: Declaration<Label>,
    labels: Labels<Label>,
    value: number
  ) => void
  /** Makes a gauge larger, or smaller. */
  readonly change: <Label extends string>(
    declaration: Declaration<Label>,
    labels: Labels<Label>,
    by: number
  ) => void
}

/** Of each metric; what has other labels goes together, so that no input makes memory grow. */
const most = 2000

/** The value of each label of what goes together. */
const other = "other"

const metricOf = (
  { name, kind, help: description, unit, boundaries = [] }: Declaration,
  labels: Readonly<Record<string, string>>
): Metric.Metric<number, unknown> => {
  // The formatter leaves `unit` out of the labels, and OTLP takes it as the unit.
  const attributes = unit === undefined ? labels : { ...labels, unit }
  switch (kind) {
    case "counter":
      return Metric.counter(name, { description, attributes, incremental: true })
    case "gauge":
      return Metric.gauge(name, { description, attributes })
    case "histogram":
      return Metric.histogram(name, { description, attributes, boundaries })
  }
}

export const make = (): Series => {
  const registry: Metric.MetricRegistry = new Map()
  const context = Context.make(Metric.MetricRegistry, registry)
  const metrics = new Map<Declaration, Map<string, Metric.Metric<number, unknown>>>()

  const valuesOf = (declaration: Declaration) => {
    const found = metrics.get(declaration)
    if (found !== undefined) return found
    const made = new Map<string, Metric.Metric<number, unknown>>()
    metrics.set(declaration, made)
    return made
  }

  const find = <Label extends string>(
    declaration: Declaration<Label>,
    labels: Labels<Label>
  ): Metric.Metric<number, unknown> => {
    const values = valuesOf(declaration)
    const named: Record<string, string> = {}
    let key = ""
    for (const label of declaration.labels) {
      const value = labels[label]
      key += `${value ?? ""}\u0000`
      if (value !== undefined && value !== "") named[label] = value
    }
    const found = values.get(key)
    if (found !== undefined) return found
    const isBeyond = values.size >= most
    const last = "\u0000"
    if (isBeyond && values.has(last)) return values.get(last)!
    const made = metricOf(
      declaration,
      isBeyond ? Object.fromEntries(Object.keys(named).map((name) => [name, other])) : named
    )
    values.set(isBeyond ? last : key, made)
    return made
  }

  return {
    registry,
    record: (declaration, labels, value) => find(declaration, labels).updateUnsafe(value, context),
    change: (declaration, labels, by) => find(declaration, labels).modifyUnsafe(by, context)
  }
}
