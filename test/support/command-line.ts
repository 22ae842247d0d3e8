/** `sallyport` as a person or a script runs it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { endWithThisProcess, temporaryDirectory } from './child-processes.ts'

const checkout = join(import.meta.dirname, '../..')
const program = join(checkout, 'bin/sallyport.js')
export const serverFile = join(checkout, 'src/server.ts')

export type Run = { code: number; stdout: string; stderr: string }
export type RunOptions = { cwd?: string; env?: Record<string, string>; input?: string }
export type RunningCommand = { child: ChildProcess; ended: Promise<Run> }

/** Compiled once for all starts of a test file. */
let compiled: string | undefined

/** For commands that are talked to, or interrupted, while they run. */
export function startCommand(args: string[], options: RunOptions = {}): RunningCommand {
  compiled ??= temporaryDirectory('cli-compiled')
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd ?? temporaryDirectory('cli'),
    env: { PATH, HOME, NODE_COMPILE_CACHE: compiled, ...options.env },
  })
  endWithThisProcess(child)
  child.stdin.on('error', () => {})
  const exit = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  const ended = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(
    ([code, stdout, stderr]): Run => ({ code, stdout, stderr }),
  )
  return { child, ended }
}

export function runCommand(args: string[], options: RunOptions = {}): Promise<Run> {
  const { child, ended } = startCommand(args, options)
  child.stdin?.end(options.input ?? '')
  return ended
}

/** A directory with a .env, and so with an installation that no server has started yet. */
export function installation(lines: string[]): string {
  const cwd = temporaryDirectory('cli')
  writeFileSync(join(cwd, '.env'), `${lines.join('\n')}\n`)
  return cwd
}
