/** A guard alone: called with the same request over and over, without a socket, a parser and an app around it. */
import type { Request, Response } from 'express'
import { guardNamed } from './support/guards.ts'
import { answerRuns } from './support/worker.ts'

const [name, issuer = '', token = ''] = process.argv.slice(2)
const guard = await guardNamed(name)(issuer)

/** As much of both as the guards look at. */
const authorization = `Bearer ${token}`
const request = () =>
  ({
    method: 'GET',
    url: '/',
    originalUrl: '/',
    protocol: 'http',
    headers: { host: 'localhost', authorization },
    headersDistinct: { authorization: [authorization] },
    rawHeaders: ['Authorization', authorization],
    query: {},
    get: (name: string) => (name.toLowerCase() === 'host' ? 'localhost' : undefined),
    is: () => false,
  }) as unknown as Request
const refuse = () => {
  throw new Error(`${name} answered instead of admitting`)
}
const response = { setHeader() {}, status: refuse, end: refuse, writeHead: refuse } as unknown as Response

function pass(): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (reason?: unknown) => (reason === undefined ? resolve() : reject(reason))
    Promise.resolve(guard(request(), response, next)).catch(reject)
  })
}

answerRuns(async (ms) => {
  const start = performance.now()
  let done = 0
  while (performance.now() - start < ms) {
    for (let turn = 0; turn < 50; turn++) await pass()
    done += 50
  }
  return { done, ms: performance.now() - start, latencies: [] }
})
