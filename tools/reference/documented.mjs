// A TypeDoc plugin for this house's docstrings.
//
// The comment at the top of a file is that of its module, without a tag that says so. Links to sources hold the path
// within the repository, where TypeDoc has that within the package. And every module and every public
// function, variable, class, interface and type must have a sentence of its own: TypeDoc's own check is content with
// tags, and asks for more on members.
import { readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { Application, Comment, Converter, ReflectionKind } from "typedoc"

const root = join(import.meta.dirname, "../..")
const repository = "https://github.com/millrace/millrace/blob/main"

const kinds =
  ReflectionKind.Module |
  ReflectionKind.Function |
  ReflectionKind.Variable |
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.TypeAlias

const hasText = (comment) => comment?.summary.some(({ text }) => text.trim() !== "")

/** A function's text stands on its signature; a package has its README. */
const isSilent = (reflection) =>
  reflection.readme === undefined &&
  ![reflection, ...(reflection.signatures ?? [])].some(({ comment }) => hasText(comment))

/** What stands in the first comment of a file, without its tags. */
const moduleText = (file) => {
  const [, inside = ""] = /^\/\*\*\n([\s\S]*?)\n \*\//.exec(readFileSync(file, "utf8")) ?? []
  const lines = inside.split("\n").map((line) => line.replace(/^ \* ?/, ""))
  return lines
    .filter((line) => !line.startsWith("@"))
    .join("\n")
    .trim()
}

/** After TypeDoc's own. */
const lastly = -1000

export const load = (application) => {
  application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const [source] = module.sources ?? []
      if (source !== undefined)
        module.comment = new Comment([{ kind: "text", text: moduleText(source.fullFileName) }])
    }
  })
  application.converter.on(
    Converter.EVENT_RESOLVE_END,
    ({ project }) => {
      for (const { sources = [] } of Object.values(project.reflections)) {
        for (const source of sources) {
          const path = relative(root, source.fullFileName)
          source.fileName = path
          source.url = `${repository}/${path}#L${source.line}`
        }
      }
    },
    lastly
  )
  application.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    for (const reflection of project.getReflectionsByKind(kinds).filter(isSilent)) {
      const name = `${project.packageName}: ${reflection.getFriendlyFullName()}`
      application.logger.validationWarning(`${name} does not say what it is`)
    }
  })
}
