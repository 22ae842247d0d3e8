/**
 * Child processes of tests. Whatever happens to a test process (end, exception, Ctrl-C, kill -9), a small shell that
 * holds the other end of a pipe notices, kills what was started and removes the temporary directories.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'

/** Ends this child at the latest when the test process ends. */
export function endWithThisProcess(child: ChildProcess): void {
  if (child.pid === undefined) return
  tellReaper('pid', String(child.pid))
  child.once('exit', () => tellReaper('gone', String(child.pid)))
}

/** A fresh directory under the system's temporary one, removed when the test process ends. */
export function temporaryDirectory(purpose: string): string {
  const directory = mkdtempSync(join(tmpdir(), `sallyport-${purpose}-`))
  tellReaper('dir', directory)
  return directory
}

/** The exit code, or the name of the signal that ended it. Resolves also for a child that has ended already. */
export function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const ended = child.exitCode ?? child.signalCode
  if (ended !== null) return Promise.resolve(ended)
  // A child that was let go with unref() would not keep the process alive for its own exit.
  child.ref()
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? (signal as NodeJS.Signals)))
    child.once('error', () => resolve(127))
  })
}

/** Sends the signal to the process and to everything below it, parents first, so that none forks a survivor. */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  for (const member of [pid, ...descendants(pid, parentByPid())]) {
    try {
      process.kill(member, signal)
    } catch {
      // It ended between the listing and the signal.
    }
  }
}

function descendants(pid: number, parents: Map<number, number>): number[] {
  const children = [...parents].filter(([, parent]) => parent === pid).map(([child]) => child)
  return children.flatMap((child) => [child, ...descendants(child, parents)])
}

function parentByPid(): Map<number, number> {
  if (!existsSync('/proc/self/stat')) {
    const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
    return new Map(rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number]))
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return new Map(pids.map((pid) => [Number(pid), parentOf(pid)]))
}

function parentOf(pid: string): number {
  try {
    // The name in parentheses may hold anything; the state and the parent follow its last parenthesis.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0
  }
}

const reaperScript = `
pids=
while read -r what value; do
  case $what in
    pid) pids="$pids $value" ;;
    gone) left=; for pid in $pids; do [ "$pid" = "$value" ] || left="$left $pid"; done; pids=$left ;;
    dir) set -- "$@" "$value" ;;
  esac
done
[ -z "$pids" ] || kill -9 $pids
# The children of a killed server write until they notice.
for pause in 0.1 0.5 2; do
  [ $# -eq 0 ] || { sleep $pause; rm -rf "$@"; }
done
`

let reaper: Writable | undefined

function tellReaper(what: 'pid' | 'gone' | 'dir', value: string): void {
  if (!reaper) {
    // A process group of its own: the Ctrl-C that ends the tests must not end what cleans up after them.
    const shell = spawn('/bin/sh', ['-c', reaperScript], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    shell.unref()
    ;(shell.stdin as Writable & { unref(): void }).unref()
    shell.stdin.on('error', () => {})
    reaper = shell.stdin
  }
  reaper.write(`${what} ${value}\n`)
}
