/**
 * `npm run bench`: contract 8, measured. See docs/performance.md.
 *
 *     node bench/bench.ts [--quick] [--only name,...] [--json | --markdown] [--cpu-prof directory]
 */
import { mkdirSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createPasswordHasher } from '../src/passwords/hash.ts'
import { embeddedCommits, postgresCommits } from './rows/commits.ts'
import { guardRows } from './rows/guards.ts'
import { login } from './rows/login.ts'
import { nginxCheck } from './rows/nginx.ts'
import { routes } from './rows/routes.ts'
import { scale } from './rows/scale.ts'
import { start } from './rows/start.ts'
import { twoProcesses } from './rows/two-processes.ts'
import type { Bench, Section } from './support/bench-run.ts'
import { cannotPin, generatorCore, pinThisProcess } from './support/cores.ts'
import { startMailServer } from './support/mail-server.ts'
import { asJson, asMarkdown, asText } from './support/print.ts'
import { complaints } from './support/processes.ts'
import type { Row } from './support/row.ts'
import { password } from './support/secrets.ts'
import { buildWhenStale } from './support/servers.ts'

const sections: Section[] = [
  routes,
  guardRows,
  nginxCheck,
  embeddedCommits,
  login,
  start,
  scale,
  postgresCommits,
  twoProcesses,
]

// Children end with this process, however it ends (test/support/child-processes.ts).
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    'cpu-prof': { type: 'string' },
  },
})
const wanted = readWanted(options.only)
const faults: string[] = []
const rows: Row[] = []
const say = (line: string) => process.stderr.write(`${line}\n`)

useRealDisk()
buildWhenStale(say)
const passwordHash = await createPasswordHasher().hash(password)
const unpinned = cannotPin()
if (unpinned) shout(unpinned)
pinThisProcess(generatorCore)
const mail = await startMailServer()
for (const section of sections) {
  if (section.rows.some((name) => wanted.has(name))) rows.push(...(await measure(section)))
}
await mail.close()

console.log(options.json ? asJson(rows) : options.markdown ? asMarkdown(rows) : asText(rows))
for (const fault of faults) shout(fault)
process.exit(faults.length > 0 ? 1 : 0)

async function measure(section: Section): Promise<Row[]> {
  const names = section.rows.filter((name) => wanted.has(name)).join(', ')
  const missing = section.missing()
  if (missing) {
    shout(`SKIPPED ${names}: ${missing}`)
    return []
  }
  say(`\n${names}`)
  const closers: (() => Promise<unknown>)[] = []
  try {
    return await section.run(openBench((close) => void closers.unshift(close)))
  } catch (reason) {
    say(reason instanceof Error ? describe(reason) : String(reason))
    for (const complaint of complaints()) say(complaint)
    faults.push(`NOT MEASURED ${names}: see above`)
    return []
  } finally {
    for (const close of closers) await close().catch((reason) => say(describe(reason)))
  }
}

function openBench(onEnd: Bench['onEnd']): Bench {
  const { quick } = options
  const profiles = options['cpu-prof']
  if (profiles !== undefined) mkdirSync(profiles, { recursive: true })
  return {
    plan: quick
      ? { rounds: 2, roundMs: 1_000, sliceMs: 1_000, warmUpMs: 500 }
      : { rounds: 5, roundMs: 3_000, sliceMs: 1_000, warmUpMs: 1_500 },
    quick,
    wants: (name) => wanted.has(name),
    smtpUrl: mail.url,
    passwordHash,
    cpuProfiles: profiles === undefined ? undefined : resolve(profiles),
    onEnd,
    say,
  }
}

/** The rows that `--only` names; `scale` and the like stand for all that begin so. */
function readWanted(only: string | undefined): Set<string> {
  const known = sections.flatMap(({ rows }) => rows)
  if (only === undefined) return new Set(known)
  const chosen = only.split(',').map((name) => {
    return known.includes(name) ? [name] : known.filter((row) => row.startsWith(`${name}-`))
  })
  if (chosen.every((names) => names.length > 0)) return new Set(chosen.flat())
  console.error(`--only knows ${known.join(', ')}; "scale" and the like stand for all that begin so.`)
  process.exit(2)
}

/** A commit to a file system in memory costs nothing and proves nothing. */
function useRealDisk(): void {
  const tmpfs = 0x01021994
  if (statfsSync(tmpdir()).type === tmpfs) process.env.TMPDIR = '/var/tmp'
  if (statfsSync(tmpdir()).type === tmpfs)
    shout(`${tmpdir()} is in memory: set TMPDIR to a directory on a disk`)
}

function describe(reason: Error): string {
  const cause = reason.cause instanceof Error ? `\n${describe(reason.cause)}` : ''
  return `${reason.stack ?? reason.message}${cause}`
}

function shout(line: string): void {
  process.stderr.write(`\n!!! ${line}\n\n`)
}
