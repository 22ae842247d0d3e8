/** Work to compare with, in a process of its own on the server's core. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { endWithThisProcess, exitOf } from '../../test/support/child-processes.ts'
import type { Bench } from './bench-run.ts'
import { pinned, serverCore } from './cores.ts'
import type { Sample } from './sample.ts'

/** In the worker: answers each request for a run. */
export function answerRuns(run: (ms: number) => Sample | Promise<Sample>): void {
  process.on('message', async (ms: number) => process.send?.(await run(ms)))
  process.send?.('ready')
}

/** @param script a file of bench/ that calls `answerRuns` */
export async function startWorker(
  bench: Bench,
  script: string,
  args: string[],
): Promise<(ms: number) => Promise<Sample>> {
  const file = join(import.meta.dirname, '..', script)
  const child = spawn(...pinned(serverCore, process.execPath, [file, ...args]), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  endWithThisProcess(child)
  const exit = exitOf(child)
  const message = <Message>() =>
    new Promise<Message>((resolve, reject) => {
      child.once('message', (received) => resolve(received as Message))
      exit.then((code) => reject(new Error(`${script} ended with ${code}`)))
    })
  bench.onEnd(async () => {
    child.kill('SIGKILL')
    await exit
  })
  await message()
  return (ms) => {
    const answer = message<Sample>()
    child.send(ms)
    return answer
  }
}
