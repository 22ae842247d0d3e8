/** The server on one core, the generator on the other: neither takes time from the other. */
import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { findProgram } from '../../test/support/services.ts'

export const serverCore = '0'
export const generatorCore = '1'

const taskset = findProgram(['taskset'])

/** Why nothing can be pinned here, or false. */
export function cannotPin(): string | false {
  if (!taskset) return 'taskset is missing (Debian: util-linux): server and generator share all cores'
  return pinnable ? false : 'there is one core only: server and generator share it'
}

// Asked before this process pins itself.
const pinnable = availableParallelism() > 1

/** The command that runs a program on these cores only. */
export function pinned(cores: string, program: string, args: string[]): [string, string[]] {
  return taskset && pinnable ? [taskset, ['-c', cores, program, ...args]] : [program, args]
}

/** All threads of this process, and what it starts from now on. */
export function pinThisProcess(cores: string): void {
  if (taskset && pinnable) execFileSync(taskset, ['-a', '-c', '-p', cores, String(process.pid)])
}

/** For services that stand beside the server, such as Postgres: they inherit where they may run. */
export async function onAllCores<Result>(work: () => Promise<Result>): Promise<Result> {
  pinThisProcess(`${serverCore},${generatorCore}`)
  try {
    return await work()
  } finally {
    pinThisProcess(generatorCore)
  }
}
