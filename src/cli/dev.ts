import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, type FSWatcher, readFileSync, watch } from 'node:fs'
import { constants } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { onNpmShellEnd } from '../npm-shell.ts'
import { tell } from './output.ts'

const source = join(import.meta.dirname, '..')
const serverFile = join(source, 'server.ts')

/**
 * `npm run dev`: the development server, started again when its source or its settings change. An installed package has no
 * source to watch; there the server runs in this process.
 */
export async function runDevelopment(): Promise<void> {
  if (existsSync(serverFile)) return new Supervisor().run()
  const { runServer } = await import('../server.ts')
  await runServer('development')
}

/** Editors save in several steps. */
const settleMs = 100
/** The server gives up its own drain after 9 s; one that hangs in an endless loop doesn't even hear the signal. */
const killAfterMs = 10_000

class Supervisor {
  #child: ChildProcess | undefined
  #envText = readEnv()
  #changed: string | undefined
  #timer: NodeJS.Timeout | undefined
  #restarts = 0
  #isEnding = false

  run(): void {
    try {
      for (const watcher of [this.#watchSource(), this.#watchEnv()]) watcher.on('error', tellUnwatched)
    } catch (reason) {
      // Such as too many watches on this machine: no reason to refuse the server.
      tellUnwatched(reason as Error)
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#end(signal))
    onNpmShellEnd(() => this.#end('SIGTERM'))
    this.#start()
  }

  #start(): void {
    // IPC carries no messages: it breaks when this process ends, however it ends, and the server drains then.
    const child = spawn(process.execPath, [serverFile, 'development'], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    })
    this.#child = child
    child.once('error', (reason) => {
      tell(`the server cannot be started: ${reason.message}`)
      process.exit(1)
    })
    child.once('exit', (code, signal) =>
      this.#onExit(code ?? 128 + constants.signals[signal as NodeJS.Signals]),
    )
  }

  #onExit(code: number): void {
    this.#child = undefined
    if (this.#isEnding) process.exit(code)
    if (this.#changed !== undefined) this.#restart()
    // Before any change there is nothing to wait for (the port, the settings); after one, the next may mend it.
    else if (this.#restarts === 0 || code === 0) process.exit(code)
    else tell('waiting for a change')
  }

  #onChange(path: string): void {
    if (this.#isEnding || this.#changed !== undefined) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#changed = path
      tell(`restarting: ${path} changed`)
      if (this.#child) this.#stop('SIGTERM')
      else this.#restart()
    }, settleMs)
  }

  #restart(): void {
    this.#changed = undefined
    this.#restarts += 1
    this.#start()
  }

  #end(signal: NodeJS.Signals): void {
    this.#isEnding = true
    if (!this.#child) process.exit(0)
    this.#stop(signal)
  }

  #stop(signal: NodeJS.Signals): void {
    const child = this.#child
    child?.kill(signal)
    setTimeout(() => child?.kill('SIGKILL'), killAfterMs).unref()
  }

  #watchSource(): FSWatcher {
    return watch(source, { recursive: true }, (_event, name) => {
      if (name === null || isSourceFile(name)) this.#onChange(`src/${name ?? ''}`.replaceAll('\\', '/'))
    })
  }

  /** The directory, because editors replace the file. */
  #watchEnv(): FSWatcher {
    return watch(process.cwd(), (_event, name) => {
      if (name !== null && name !== '.env') return
      const text = readEnv()
      const before = this.#envText
      this.#envText = text
      // One that appears is what the server has just written for its first start.
      if (text !== before && before !== undefined) this.#onChange('.env')
    })
  }
}

/** Without what editors leave beside the files: `.x.ts.swp`, `x.ts~`, `4913`. */
function isSourceFile(path: string): boolean {
  return /^[^.].*\.\w*[a-z]$/.test(basename(path))
}

function readEnv(): string | undefined {
  try {
    // Empty is what a file is for a moment while it is being written.
    return readFileSync('.env', 'utf8') || undefined
  } catch {
    return undefined
  }
}

function tellUnwatched(reason: Error): void {
  tell(`changes of the source are not seen: ${reason.message}`)
}

const calledDirectly =
  process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href
if (calledDirectly) await runDevelopment()
