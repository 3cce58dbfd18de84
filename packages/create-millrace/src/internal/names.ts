/** The name of a plugin, and what is made of it. */

/** Longer names would wrap lines that the templates have on one. */
const longest = 30

/** Why this cannot be the name of a plugin, or `undefined` when it can. */
export const nameProblem = (name: string): string | undefined => {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > longest)
    return `"${name}" is no name: small letters and digits, words joined by "-", a letter first, at most ${longest} characters, such as acme or acme-cloud`
  const prefix = /^(millrace|destination|source)(?=-)/.exec(name)?.[0]
  if (prefix !== undefined)
    return `leave "${prefix}-" out of the name: the package gets the prefix of its kind by itself`
  return taken.has(camelCase(name)) ? `"${name}" means something else in code: take a longer name` : undefined
}

export const camelCase = (name: string): string =>
  name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

export const pascalCase = (name: string): string => camelCase(`-${name}`)

export const environmentName = (name: string): string => name.replaceAll("-", "_").toUpperCase()

/** Words of JavaScript, and names that the templates use beside that of the plugin. */
const taken = new Set(
  `answer arguments as assert async await break case catch class connect const continue credentials debugger
  default delete describe destinationConformance do else enum eval events export extends false finally for from
  function goldenPairs if implements import in instanceof interface it item let messageOf new null of package
  pages pageSize private protected public return sourceConformance static stored super switch this throw toEvent
  true try type typeof undefined var void while with yield`.split(/\s+/)
)
