import type { Counts, State } from "../State.ts"

const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")

const columns: ReadonlyArray<readonly [string, (counts: Counts) => string]> = [
  ["requests", (counts) => String(counts.requests)],
  ["accepted", (counts) => String(counts.accepted)],
  ["events", (counts) => String(counts.events)],
  ["distinct events", (counts) => String(counts.distinctEvents)],
  ["distinct batches", (counts) => String(counts.distinctBatches)],
  ["duplicates", (counts) => String(counts.duplicates)],
  ["conflicting", (counts) => String(counts.conflicting)],
  ["dropped", (counts) => String(counts.dropped)],
  ["unanswered", (counts) => String(counts.unanswered)],
  [
    "refused",
    (counts) =>
      Object.entries(counts.refused)
        .map(([status, count]) => `${status}: ${count}`)
        .join(", ")
  ]
]

const row = (name: string, counts: Counts): string =>
  `<tr><th scope="row">${escapeHtml(name)}</th>${columns.map(([, read]) => `<td>${read(counts)}</td>`).join("")}</tr>`

/** The state as a page that refreshes itself and loads nothing else. */
export const page = (state: State): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<link rel="icon" href="data:,">
<title>mParticle emulator</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color-scheme: light dark }
table { border-collapse: collapse }
th, td { padding: .25rem .75rem; text-align: right; border-bottom: 1px solid #8884; font-variant-numeric: tabular-nums }
th:first-child { text-align: left }
</style>
</head>
<body>
<h1>mParticle emulator</h1>
<table>
<thead><tr><th scope="col">feed</th>${columns.map(([title]) => `<th scope="col">${title}</th>`).join("")}</tr></thead>
<tbody>
${Object.entries(state.feeds)
  .map(([name, counts]) => row(name, counts))
  .join("\n")}
${row("(unknown)", state.unknown)}
${row("total", state.totals)}
</tbody>
</table>
<h2>Failures on demand</h2>
<p>Seed ${state.seed}. ${state.failures.length === 0 ? "No rule stands." : ""}</p>
<ul>${state.failures.map((standing) => `<li><code>${escapeHtml(JSON.stringify(standing))}</code></li>`).join("")}</ul>
</body>
</html>
`
