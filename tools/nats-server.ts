/**
 * Makes sure that there is a nats-server for the tests of `source-nats`, and tells where: the one that NATS_SERVER names, or
 * `nats-server` of the system, or Debian's package, unpacked into `.toolchain-nats/` without installing anything. That
 * package comes from the mirror that apt knows, and apt checks its signature.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { globSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"
import { isRecent } from "./nats-server/version.ts"

/** The release of Debian whose nats-server is recent enough. */
const release = "trixie"
const root = join(dirname(import.meta.dirname), ".toolchain-nats")
const unpacked = join(root, "usr", "sbin", "nats-server")

const versionOf = (path: string): string => {
  const { stdout, status } = spawnSync(path, ["--version"], { encoding: "utf8" })
  return status === 0 ? stdout.trim() : ""
}

const found = (): string | undefined =>
  [process.env["NATS_SERVER"], unpacked, "nats-server"].find(
    (path): path is string => path !== undefined && isRecent(versionOf(path))
  )

const apt = (args: ReadonlyArray<string>) =>
  execFileSync("apt-get", args, { cwd: root, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" })

/** With lists and caches of its own, so that the system stays as it is. */
const fetchServer = (): void => {
  for (const folder of ["lists/partial", "archives/partial"])
    mkdirSync(join(root, folder), { recursive: true })
  const [mirror = "http://deb.debian.org/debian"] = apt(["indextargets", "--format", "$(REPO_URI)"])
    .split("\n")
    .filter((uri) => uri.includes("debian") && !uri.includes("security"))
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
  writeFileSync(join(root, "sources.list"), `deb [signed-by=${keyring}] ${mirror} ${release} main\n`)
  const own = [
    `Dir::Etc::sourcelist=${join(root, "sources.list")}`,
    "Dir::Etc::sourceparts=/dev/null",
    `Dir::State::lists=${join(root, "lists")}`,
    `Dir::Cache=${root}`,
    ...(process.getuid?.() === 0 ? ["APT::Sandbox::User=root"] : [])
  ].flatMap((option) => ["-o", option])
  apt([...own, "-qq", "update"])
  apt([...own, "-qq", "download", `nats-server/${release}`])
  const [archive] = globSync("nats-server_*.deb", { cwd: root })
  if (archive === undefined) throw new Error("apt-get download left no file")
  execFileSync("dpkg", ["-x", archive, "."], { cwd: root })
}

const say = (path: string) => console.log(`${versionOf(path)}: ${path}`)

const present = found()
if (present !== undefined) say(present)
else {
  try {
    fetchServer()
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : String(cause))
  }
  const path = found()
  if (path === undefined) {
    console.error(
      "nats-server: there is none of version 2.10.23 or later, and Debian's could not be fetched; install one, or name it in NATS_SERVER"
    )
    process.exitCode = 1
  } else say(path)
}
