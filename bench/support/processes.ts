import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  endWithThisProcess,
  exitOf,
  signalTree,
  temporaryDirectory,
} from '../../test/support/child-processes.ts'
import { pinned, serverCore } from './cores.ts'

export type Running = {
  port: number
  pid: number
  /** From the start of the process to the first answer. */
  startedInMs: number
  stop(): Promise<void>
}

export type Launch = {
  program: string
  args: string[]
  /** The whole environment beside PATH and HOME. */
  env: Record<string, string>
  port: number
  cores?: string
  cwd?: string
  /** Where 200 means that it is up. */
  path: string
}

/** Starts a server on the server's core, with both outputs going to a file, and waits for its first answer. */
export async function launch(options: Launch): Promise<Running> {
  const { program, args, env, port, cores = serverCore, path } = options
  // A directory of its own: the .env of a checkout is nothing to a benchmark.
  const directory = temporaryDirectory('bench-server')
  const logFile = join(directory, 'server.log')
  const log = openSync(logFile, 'a')
  const { PATH = '', HOME = '' } = process.env
  const startedAt = performance.now()
  const child = spawn(...pinned(cores, program, args), {
    cwd: options.cwd ?? directory,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  endWithThisProcess(child)
  launched.push({ child, args, logFile })
  await firstAnswer(child, port, path).catch((reason) => {
    end(child)
    throw new Error(`${args.join(' ')} did not start:\n${readFileSync(logFile, 'utf8').slice(-4_000)}`, {
      cause: reason,
    })
  })
  const startedInMs = performance.now() - startedAt
  return { port, pid: child.pid as number, startedInMs, stop: () => end(child) }
}

const launched: { child: ChildProcess; args: string[]; logFile: string }[] = []

/** What servers that still run, or ended by themselves, have complained of: for the person who reads why nothing was measured. */
export function complaints(): string[] {
  return launched.map(({ child, args, logFile }) => {
    const state = child.exitCode ?? child.signalCode
    const lines = readFileSync(logFile, 'utf8').split('\n')
    const unusual = lines.filter((line) => line !== '' && !line.startsWith('{"level":"info"')).slice(-20)
    return [`${args.join(' ')} ${state === null ? 'runs' : `ended with ${state}`}`, ...unusual].join('\n  ')
  })
}

/** SIGTERM to it and all below it, since npm stands in front of its server; then SIGKILL. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = exitOf(child)
  signalTree(child.pid, 'SIGTERM')
  const timer = setTimeout(() => signalTree(child.pid as number, 'SIGKILL'), 12_000)
  await exit
  clearTimeout(timer)
  const index = launched.findIndex((each) => each.child === child)
  if (index >= 0) launched.splice(index, 1)
}

async function firstAnswer(child: ChildProcess, port: number, path: string): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await answers(port, path))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended')
    if (performance.now() > deadline) throw new Error('it did not answer in 30 s')
    await sleep(3)
  }
}

function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ port, host: '127.0.0.1', path, agent: false, timeout: 5_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })
}
