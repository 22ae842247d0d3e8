/** Somebody else's API, on a port of its own, behind `requireToken` of @sallyport/verify. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Express } from 'express'
import {
  createVerifier,
  requireToken,
  type TokenResult,
  type Verifier,
  type VerifyOptions,
} from '../../verify/src/index.ts'
import type { TestGate } from '../support/gate.ts'
import { type Client, createClient, type Response } from '../support/http-client.ts'

type Test = { after(done: () => Promise<void> | void): void }

export type GuardedApi = {
  url: string
  port: number
  client: Client
  verifier: Verifier
  /** `GET /me` with this token; its body is what the guard left. */
  ask(bearer: string): Promise<Response>
}

/** By the clock of the gate, without tolerance: to the second as the server itself. */
export function optionsFor(gate: TestGate, more: Partial<VerifyOptions> = {}): VerifyOptions {
  return { issuer: gate.publicUrl, clockTolerance: 0, now: gate.clock.now, ...more }
}

export async function openGuardedApi(test: Test | undefined, options: VerifyOptions): Promise<GuardedApi> {
  const verifier = createVerifier(options)
  const app: Express = express()
  app.get('/me', requireToken({ verifier }), (req, res) => void res.json((req as { auth?: unknown }).auth))
  const { url, port } = await listen(test, app)
  test?.after(() => verifier.close())
  const client = createClient(url)
  test?.after(() => client.close())
  return { url, port, client, verifier, ask: (bearer) => client.get('/me', { bearer }) }
}

/** Any server on a free loopback port. */
export async function listen(
  test: Test | undefined,
  listener: RequestListener,
): Promise<{ url: string; port: number; close(): Promise<void> }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  test?.after(close)
  return { url: `http://127.0.0.1:${port}`, port, close }
}

/** `200`, or the code and cause of the refusal. */
export function verdict(result: TokenResult): string {
  return result.ok ? '200' : `${result.problem.status} ${result.problem.code} ${result.problem.cause}`
}
