/** What `packaging/` holds is what systems accept, and runs, stops and starts again as it says. */
import { spawnSync } from "node:child_process"
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import { Deployment, StatefulSet } from "kubernetes-models/apps/v1"
import { PodDisruptionBudget } from "kubernetes-models/policy/v1"
import { Service } from "kubernetes-models/v1"
import { parse } from "yaml"
import { load } from "../src/load.ts"
import * as Ledgers from "./support/ledger.ts"
import { assertEnded, until } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const exporter = fileURLToPath(new URL("..", import.meta.url))
const packaging = fileURLToPath(new URL("../../../packaging/", import.meta.url))
const read = (path: string): string => readFileSync(join(packaging, path), "utf8")
const found = (pattern: string): ReadonlyArray<string> => globSync(pattern, { cwd: packaging }).sort()
/** Whether a program is on this machine. */
const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0

/** The value of a setting of the unit. */
const unit = (name: string): string =>
  new RegExp(`^${name}=(.*)$`, "m").exec(read("systemd/millrace.service"))?.[1] ?? ""
const seconds = (text: string): number => Number(/^(\d+)s$/.exec(text)?.[1])

const checks: Readonly<Record<string, (manifest: never) => void>> = {
  Deployment: (manifest) => new Deployment(manifest).validate(),
  PodDisruptionBudget: (manifest) => new PodDisruptionBudget(manifest).validate(),
  Service: (manifest) => new Service(manifest).validate(),
  StatefulSet: (manifest) => new StatefulSet(manifest).validate()
}

describe("the manifests of Kubernetes", () => {
  const manifests = found("kubernetes/*/*.yaml").filter(
    (file) => !["kustomization.yaml", "millrace.yaml"].includes(basename(file))
  )

  it.for(manifests)("%s fits its schema", (file) => {
    const manifest = parse(read(file))
    assert.property(checks, manifest.kind)
    checks[manifest.kind]?.(manifest as never)
  })

  it("have no key that their schema does not know", () => {
    // The schemas take any key more, so a wrong one would be passed over; the types do not.
    const folder = mkdtempSync(join(exporter, "test/manifests-"))
    try {
      for (const [index, file] of manifests.entries()) {
        const manifest = parse(read(file))
        const { apiVersion, kind } = manifest
        const from = `kubernetes-models/${apiVersion}`
        writeFileSync(
          join(folder, `${index}.ts`),
          `import type { I${kind} } from ${JSON.stringify(from)}\nexport const manifest: I${kind} = ${JSON.stringify(manifest)}\n`
        )
      }
      const flags = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "esnext"]
      const files = globSync("*.ts", { cwd: folder }).map((name) => join(folder, name))
      const tsc = join(exporter, "node_modules/.bin/tsc")
      const { status, stdout } = spawnSync(tsc, ["--ignoreConfig", ...flags, ...files], { encoding: "utf8" })
      assert.strictEqual(status, 0, stdout)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it.for(found("kubernetes/*/kustomization.yaml"))("%s names files that are there", (file) => {
    const { configMapGenerator, resources } = parse(read(file))
    const named: ReadonlyArray<string> = [
      ...resources,
      ...configMapGenerator.flatMap(({ files }: { readonly files: ReadonlyArray<string> }) => files)
    ]
    assert.sameMembers(
      [...named, "kustomization.yaml"],
      found(`${dirname(file)}/*`).map((path) => basename(path))
    )
  })

  it("give the exporter longer to end than its drain takes", () => {
    for (const file of manifests) {
      const { spec } = parse(read(file))
      const grace: unknown = spec.template?.spec.terminationGracePeriodSeconds
      if (spec.template !== undefined) assert.isAbove(Number(grace), 30)
    }
  })
})

describe("the configurations", () => {
  it.live.each(found("**/millrace.yaml"))("%s is accepted", (file) =>
    Effect.map(load(join(packaging, file)), ({ admin, definition }) => {
      assert.isDefined(admin)
      assert.lengthOf(definition.routes, 1)
    })
  )
})

describe("the service of systemd", () => {
  it.skipIf(!has("systemd-analyze"))("is accepted by systemd-analyze verify, without a warning", () => {
    const file = join(packaging, "systemd/millrace.service")
    const { status, stderr, stdout } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" })
    assert.strictEqual(`${stdout}${stderr}`, "")
    assert.strictEqual(status, 0)
  })

  it.live(
    "and the container's health check: an exporter under them is well, stops in time, and goes on",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make
        const slow = { kind: "slow-answer", wait: 100 } as const
        const emulator = yield* Emulator.start({ feeds: World.feeds, failures: [slow] })
        world.writeExport({ seed: 4, events: 4000 })
        const { key, secret } = World.feeds["unbound"]!
        world.put("secrets/unbound-key", key)
        world.put("secrets/unbound-secret", secret)
        const port = yield* World.freePort
        const file = world.configure(
          read("systemd/millrace.yaml")
            .replace("/srv/currents", world.path("export"))
            .replace("/var/lib/millrace/state", world.path("state"))
            .replaceAll("/etc/millrace/secrets", world.path("secrets"))
            .replace("admin: {}", `admin: { port: ${port} }`)
            .replace(
              "pod: us1, environment: production",
              `baseUrl: "${emulator.url}", environment: development`
            )
        )
        const [env, command, ...args] = unit("ExecStart").split(" ")
        assert.deepStrictEqual([env, command], ["/usr/bin/env", "millrace"])
        const start = () =>
          world.start(args.map((arg) => (arg === "/etc/millrace/millrace.yaml" ? file : arg)))
        const first = yield* start()
        yield* until(first, () => emulator.state().totals.requests > 2)

        const [, health] = /HEALTHCHECK[^[]*CMD (\[[^\]]*\])/.exec(read("container/Containerfile")) ?? []
        const [node, ...check]: ReadonlyArray<string> = JSON.parse(health ?? "[]")
        assert.strictEqual(node, "node")
        const isWell = () =>
          spawnSync(
            process.execPath,
            check.map((part) => part.replace("9464", String(port)))
          ).status
        assert.strictEqual(isWell(), 0)

        const asked = performance.now()
        first.kill("SIGTERM")
        const { code } = yield* first.ended
        assert.isBelow(performance.now() - asked, 1000 * seconds(unit("TimeoutStopSec")))
        assert.include(["0", ...unit("SuccessExitStatus").split(" ")], String(code))
        assert.notStrictEqual(isWell(), 0)

        emulator.fail([])
        const next = yield* world.millrace(["run", file, "--json"])
        assertEnded(next, 0)
        const { delivered, read: taken } = Ledgers.totals(Ledgers.parse(next.stdout))
        assert.strictEqual(taken, 4000)
        assert.strictEqual(emulator.state().totals.distinctEvents, delivered)
        assert.strictEqual(emulator.state().totals.duplicates, 0)
      })
  )
})
