/** The real server as a child process, for black-box tests, faults and two processes on one store. */
import { spawn } from 'node:child_process'
import { get } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { endWithThisProcess } from './child-processes.ts'
import { freePort } from './ports.ts'
import { eventually } from './services.ts'

const checkout = join(import.meta.dirname, '../..')
const keptLines = 5_000

export type ServerProcess = {
  port: number
  /** `http://localhost:port` */
  url: string
  pid: number
  /** The newest lines of both outputs, in the order of arrival. */
  lines: string[]
  output(): string
  /** The first line, old or new, that matches. */
  waitForLine(pattern: RegExp, withinMs?: number): Promise<string>
  signal(name: NodeJS.Signals): void
  kill9(): Promise<void>
  /** The exit code, or the name of the signal. */
  exited: Promise<number | NodeJS.Signals>
  /** SIGTERM and the drain; kill -9 if that takes over 12 s. Gives the exit code. */
  stop(): Promise<number | NodeJS.Signals>
}

export type ServerOptions = {
  /** The whole environment, beside PATH and HOME. PORT, HOST and PUBLIC_URL have defaults for this process. */
  env?: Record<string, string>
  /** Arguments of node. */
  command?: string[]
  cwd?: string
  /** For a second start at the address of the first. */
  port?: number
  /** How to know that it is up: an answer of GET /healthz, or a line of output. */
  ready?: 'healthz' | RegExp
  withinMs?: number
}

/** The process ended instead of starting: what tests of refused settings look at. */
export class StartFailure extends Error {
  readonly exitCode: number | NodeJS.Signals
  readonly output: string

  constructor(exitCode: number | NodeJS.Signals, output: string) {
    super(`The server ended with ${exitCode} instead of starting:\n${output}`)
    this.name = 'StartFailure'
    this.exitCode = exitCode
    this.output = output
  }
}

export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const { ready = 'healthz', withinMs = 15_000 } = options
  const port = options.port ?? (await freePort())
  const server = launch(options, port)
  let exit: number | NodeJS.Signals | undefined
  server.exited.then((code) => {
    exit = code
  })
  const giveUp = () => (exit === undefined ? undefined : new StartFailure(exit, server.output()))
  const isUp = async () => (ready === 'healthz' ? askHealth(port) : void findLine(server.lines, ready))
  try {
    await eventually(isUp, {
      withinMs,
      giveUp,
    })
    return server
  } catch (reason) {
    await server.kill9()
    if (reason instanceof StartFailure) throw reason
    throw new Error(`The server is not up after ${withinMs} ms:\n${server.output()}`, { cause: reason })
  }
}

function launch(options: ServerOptions, port: number): ServerProcess {
  const node = join(checkout, 'node_modules/.bin/node')
  const child = spawn(node, options.command ?? [join(checkout, 'src/server.ts'), 'production'], {
    cwd: options.cwd ?? checkout,
    env: environment(options.env ?? {}, port),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  endWithThisProcess(child)
  // `close` comes after the last line of output, `exit` may come before it.
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('error', () => resolve(127))
    child.once('close', (code, signal) => resolve(code ?? (signal as NodeJS.Signals)))
  })
  const lines: string[] = []
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      lines.push(line)
      if (lines.length > keptLines) lines.shift()
    })
  }

  return {
    port,
    url: `http://localhost:${port}`,
    pid: child.pid ?? 0,
    lines,
    output: () => lines.join('\n'),
    waitForLine: (pattern, withinMs = 5_000) => eventually(() => findLine(lines, pattern), { withinMs }),
    signal: (name) => void child.kill(name),
    async kill9() {
      child.kill('SIGKILL')
      await exited
    },
    exited,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 12_000)
      const code = await exited
      clearTimeout(timer)
      return code
    },
  }
}

function environment(env: Record<string, string>, port: number): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env
  const address = { PORT: String(port), HOST: '127.0.0.1', PUBLIC_URL: `http://localhost:${port}` }
  return { PATH, HOME, ...address, ...env }
}

function findLine(lines: string[], pattern: RegExp): string {
  const line = lines.find((each) => pattern.test(each))
  if (line === undefined) throw new Error(`No line matches ${pattern} in:\n${lines.join('\n')}`)
  return line
}

function askHealth(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(
      { port, host: '127.0.0.1', path: '/healthz', timeout: 1_000, agent: false },
      (response) => {
        response.resume()
        if (response.statusCode === 200) resolve()
        else reject(new Error(`GET /healthz answers ${response.statusCode}`))
      },
    )
    request.on('timeout', () => request.destroy(new Error('GET /healthz does not answer')))
    request.on('error', reject)
  })
}
