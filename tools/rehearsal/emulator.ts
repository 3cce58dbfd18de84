/** The published emulator of mParticle, started as its users start it. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Failure } from "./failure.ts"
import { start } from "./ground.ts"
import type { Project } from "./project.ts"

/** The credentials that examples have in READMEs. */
const feeds = {
  unbound: { key: "<key>", secret: "<secret>" },
  ...Object.fromEntries(
    ["IOS", "ANDROID", "WEB", "UNBOUND"].map((feed) => [
      `readme-${feed.toLowerCase()}`,
      { key: `MP_${feed}_KEY`, secret: `MP_${feed}_SECRET` }
    ])
  )
}

/** Its address. It ends with the rehearsal. */
export const startEmulator = ({ env, folder }: Project): Promise<string> => {
  writeFileSync(join(folder, "feeds.json"), JSON.stringify({ feeds }))
  const bin = join(folder, "node_modules/.bin/mparticle-emulator")
  const child = start({ command: [bin, "--feeds", "feeds.json", "--port", "0"], cwd: folder, env }, [
    "ignore",
    "pipe",
    "pipe"
  ])
  return new Promise((resolve, reject) => {
    let said = ""
    const listen = (text: string) => {
      said += text
      const url = /listening on (\S+)/.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    }
    child.stdout?.setEncoding("utf8").on("data", listen)
    child.stderr?.setEncoding("utf8").on("data", listen)
    child.once("exit", (code) => reject(new Failure(`mparticle-emulator ended with ${code}\n${said}`)))
  })
}
