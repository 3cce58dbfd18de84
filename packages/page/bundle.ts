/**
 * Makes the files of a page: once for a published package, and whenever it is needed in the source tree.
 */

import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { build } from "esbuild"
import type { Name } from "./src/Page.ts"

const browser = join(import.meta.dirname, "src/browser")

/** The library inside asks that its licence goes with it. */
const licence = async (): Promise<string> => {
  const main = createRequire(import.meta.url).resolve("preact")
  const text = await readFile(join(dirname(main), "../LICENSE"), "utf8")
  return `/*! Contains Preact.\n\n${text.trim()}\n*/`
}

const documentOf = (title: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="./icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="./page.css">
<script type="module" src="./page.js"></script>
</head>
<body><noscript>This page needs JavaScript.</noscript><div id="page"></div></body>
</html>
`

const titles: Readonly<Record<Name, string>> = { exporter: "Millrace", emulator: "mParticle emulator" }

/** By their names. */
export const bundle = async (name: Name): Promise<Readonly<Record<string, Uint8Array>>> => {
  const { outputFiles } = await build({
    entryPoints: [
      { in: join(browser, name, "main.tsx"), out: "page" },
      { in: join(browser, "page.css"), out: "page" }
    ],
    outdir: "/",
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    footer: { js: await licence() }
  })
  const contentOf = (file: string) =>
    outputFiles.find(({ path }) => path.endsWith(file))?.contents ?? new Uint8Array()
  return {
    "index.html": new TextEncoder().encode(documentOf(titles[name])),
    "page.js": contentOf("page.js"),
    "page.css": contentOf("page.css"),
    "icon.svg": await readFile(join(browser, "icon.svg"))
  }
}
