/** Whether an outbox could be opened, found out without opening it: for `check`. */
import { accessSync, constants, existsSync, statSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import * as Database from "./database.ts"
import * as Format from "./format.ts"
import * as Identity from "./identity.ts"
import * as Ownership from "./ownership.ts"
import * as TransferTable from "./transferTable.ts"

/** Throws what opening would throw, as far as it shows without changing anything. */
export const expectUsable = (directory: string): void => {
  expectPlace(resolve(directory))
  Identity.expectFiles(directory)
  if (!existsSync(join(directory, "outbox.db"))) return
  const release = Ownership.watch(directory)
  try {
    const db = Database.openToRead(directory, Format.check)
    try {
      TransferTable.expectHere(db, directory)
    } finally {
      db.close()
    }
  } finally {
    release()
  }
}

/** Throws unless the directory may be written, or made where it is missing. */
const expectPlace = (directory: string): void => {
  let nearest = directory
  while (!existsSync(nearest)) nearest = dirname(nearest)
  // As the system says it where a file stands in the way.
  if (!statSync(nearest).isDirectory())
    throw Object.assign(new Error("ENOTDIR"), { code: "ENOTDIR", syscall: "mkdir" })
  accessSync(nearest, constants.W_OK | constants.X_OK)
}
