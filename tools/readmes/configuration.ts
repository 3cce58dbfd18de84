/** The configuration that a README begins with: it names every setting and credential of its plugin. */

const firstYaml = /```yaml\n([\s\S]*?)```/

/** The first columns of the tables between marks; `a.b, a.c` are two names. */
const namesIn = (readme: string): ReadonlyArray<string> =>
  [...readme.matchAll(/<!-- (settings|credentials) -->\n([\s\S]*?)<!-- \/\1 -->/g)].flatMap(
    ([, , table = ""]) =>
      [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = ""]) =>
        [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)
      )
  )

const lastOf = (name: string): string => name.split(".").at(-1)!.replace("[]", "")

/** What is missing of it, one line each; it may stand in a comment. */
export const missingIn = (readme: string): ReadonlyArray<string> => {
  const text = firstYaml.exec(readme)?.[1]
  if (text === undefined) return ["has no configuration as YAML"]
  return namesIn(readme)
    .filter((name) => !new RegExp(`(?<![\\w.])${lastOf(name)}:`).test(text))
    .map((name) => `its first YAML does not name ${name}`)
}
