/** How soon a server answers, and what it weighs while nothing happens. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryDirectory } from '../../test/support/child-processes.ts'
import { freePort } from '../../test/support/ports.ts'
import { findProgram } from '../../test/support/services.ts'
import type { Bench, Section } from '../support/bench-run.ts'
import { launch } from '../support/processes.ts'
import { number, type Row } from '../support/row.ts'
import { figureOf } from '../support/sample.ts'
import { checkout, serverEnv, startServer } from '../support/servers.ts'

const weighAfterMs = 5_000

export const start: Section = {
  rows: ['start', 'npm-start', 'memory'],
  missing: () => false,
  async run(bench) {
    const seconds: number[] = []
    const throughNpm: number[] = []
    const megabytes: number[] = []
    // The first start of all reads the disk; later ones find everything in memory, as after a deployment's copy.
    if (!bench.quick) await startOnce(bench, false)
    for (let round = 1; round <= bench.plan.rounds; round++) {
      const weigh = bench.wants('memory') && megabytes.length < (bench.quick ? 1 : 3)
      const started = await startOnce(bench, weigh)
      seconds.push(started.seconds)
      if (started.megabytes !== undefined) megabytes.push(started.megabytes)
      if (bench.wants('npm-start')) throughNpm.push(await startThroughNpm(bench))
      bench.say(`round ${round} of ${bench.plan.rounds}: started in ${number(started.seconds)} s`)
    }
    return rowsOf(seconds, throughNpm, megabytes).filter(({ name }) => bench.wants(name))
  },
}

async function startOnce(bench: Bench, weigh: boolean): Promise<{ seconds: number; megabytes?: number }> {
  const server = await startServer(bench, { DATA_DIR: temporaryDirectory('bench-data') })
  const seconds = server.startedInMs / 1_000
  if (!weigh) {
    await server.stop()
    return { seconds }
  }
  await sleep(weighAfterMs)
  const megabytes = residentMegabytes(server.pid)
  await server.stop()
  return { seconds, megabytes }
}

async function startThroughNpm(bench: Bench): Promise<number> {
  const npm = findProgram(['npm'])
  if (!npm) return Number.NaN
  const port = await freePort()
  const server = await launch({
    program: npm,
    args: ['start', '--silent'],
    env: serverEnv(bench, port, { DATA_DIR: temporaryDirectory('bench-data') }),
    port,
    cwd: checkout,
    path: '/healthz',
  })
  await server.stop()
  return server.startedInMs / 1_000
}

function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1_024
}

function rowsOf(seconds: number[], throughNpm: number[], megabytes: number[]): Row[] {
  const [direct, npm, weight] = [figureOf(seconds), figureOf(throughNpm), figureOf(megabytes)]
  return [
    {
      name: 'start',
      what: 'dist/server.js to its first answer, new store',
      measured: `${number(direct.median)} s`,
      against: '-',
      figure: direct,
      unit: ' s',
      bound: { atMost: 0.5 },
    },
    {
      name: 'npm-start',
      what: 'the same through npm start, with the time of npm itself',
      measured: `${number(npm.median)} s`,
      against: '-',
      figure: npm,
      unit: ' s',
    },
    {
      name: 'memory',
      what: 'resident memory, idle, 5 s after the start',
      measured: `${number(weight.median)} MB`,
      against: '-',
      figure: weight,
      unit: ' MB',
      bound: { atMost: 100 },
    },
  ]
}
