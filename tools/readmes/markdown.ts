/** Tables and the marked places that they are written to. */

export type Row = ReadonlyArray<string>

export const code = (text: string): string => `\`${text}\``

const line = (cells: Row): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`

export const table = (head: Row, rows: ReadonlyArray<Row>): string =>
  [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")

const place = (name: string): RegExp => new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`)

/** The names of all places in the text. */
export const placesIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/<!-- (\w+) -->\n[\s\S]*?<!-- \/\1 -->/g)].map(([, name = ""]) => name)

/** The text with this between the marks `<!-- name -->` and `<!-- /name -->`. */
export const put = (text: string, name: string, content: string): string =>
  text.replace(place(name), (_, open, close) => `${open}${content}\n${close}`)
