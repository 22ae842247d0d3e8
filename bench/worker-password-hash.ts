/** What a login costs at the least: the check of its password, one after the other, with or without a pause between them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createPasswordHasher } from '../src/passwords/hash.ts'
import { password } from './support/secrets.ts'
import { answerRuns } from './support/worker.ts'

const passwords = createPasswordHasher()
const [hash = '', pauseMs] = process.argv.slice(2)

answerRuns(async (ms) => {
  const latencies: number[] = []
  const start = performance.now()
  let end = start
  while (end - start < ms) {
    if (pauseMs !== undefined) await sleep(Number(pauseMs))
    const asked = performance.now()
    const { matches } = await passwords.verify(hash, password)
    if (!matches) throw new Error('The password does not fit its hash.')
    end = performance.now()
    latencies.push(end - asked)
  }
  return { done: latencies.length, ms: end - start, latencies }
})
