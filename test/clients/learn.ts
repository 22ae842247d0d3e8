/**
 * Broken clients (UX-02): each makes the mistakes of the cause table against a real server process, reads the cause and the fix, does
 * what the fix says and nothing else, and is in.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { catalogue, type ProblemCode } from '../../src/problems/catalogue.ts'
import { type ClientLesson, openScene, type Taught } from './scene.ts'

type Options = { skip?: string | false; atOnce?: number }

/** A scenario for each lesson. Names are `code: cause`, and may go on with what is special. */
export function teach(client: string, lessons: Record<string, ClientLesson>, options: Options = {}): void {
  const { skip = false, atOnce = 2 } = options
  describe(`${client}, broken`, { skip, concurrency: atOnce }, () => {
    for (const [name, { env, make }] of Object.entries(lessons)) {
      it(`${name} is told, and its fix works`, async () => {
        const scene = await openScene(env)
        try {
          await learn(name, await make(scene))
        } finally {
          await scene.close()
        }
      })
    }
  })
}

export async function learn(name: string, { reply, says, retry }: Taught) {
  const [code, cause] = rowOf(name).split(': ')
  const { status, body: problem } = reply
  assert.equal(
    `${status} ${problem.code}: ${problem.cause}`,
    `${catalogue[code as ProblemCode].status} ${code}: ${cause}`,
    JSON.stringify(problem),
  )
  assert.ok(problem.fix.includes(says), `the fix says: ${problem.fix}`)
  const better = await retry()
  assert.ok(better.status < 300, `${problem.fix} gave ${better.status} ${JSON.stringify(better.body)}`)
}

export function rowOf(name: string): string {
  return name.split(' ').slice(0, 2).join(' ')
}
