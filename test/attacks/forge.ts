/** The workshop of somebody who makes tokens: with our own key where a claim is on trial, with others where the key is. */

import assert from 'node:assert/strict'
import { createHmac, createPublicKey, createSecretKey, type KeyObject, sign } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { openPrivateKey } from '../../src/tokens/sealed-key.ts'
import { deriveKey } from '../../src/utils/secret.ts'
import {
  assertProblem,
  type GateOptions,
  openGate,
  type TestAccount,
  type TestGate,
} from '../support/gate.ts'
import type { Client, Response } from '../support/http-client.ts'
import { openGuardedApi, optionsFor } from '../verify/guarded-api.ts'

export type Algorithm = 'ES256' | 'RS256' | 'EdDSA' | 'HS256'
export const algorithms: Algorithm[] = ['ES256', 'RS256', 'EdDSA', 'HS256']
export const jwtSecret = 'the-shared-secret-of-the-tests-long-enough-for-HS256'

export type Parts = Record<string, unknown>

/** Who checks a token: our own server, and the API of somebody else behind @sallyport/verify. */
export type GuardUnderTest = { name: string; ask(token: string): Promise<Response> }

export type Forge = {
  gate: TestGate
  ada: TestAccount
  client: Client
  algorithm: Algorithm
  /** A genuine token and what is in it. */
  token: string
  header: Parts
  claims: Parts
  /** The real key of the server; the secret one for HS256. */
  privateKey: KeyObject
  /** `undefined` for HS256. */
  publicKey: KeyObject | undefined
  /** Signed by the real key, with these changes to header and claims. */
  resign(header: Parts, claims?: Parts): string
  ask(token: string): Promise<Response>
  guards: GuardUnderTest[]
}

export async function openForge(
  t: Pick<TestContext, 'after'> | undefined,
  algorithm: Algorithm,
  options: GateOptions = {},
): Promise<Forge> {
  const env: Record<string, string> =
    algorithm === 'HS256' ? { JWT_SECRET: jwtSecret } : { JWT_ALG: algorithm }
  const gate = await openGate(t, { ...options, env: { ...env, ...options.env } })
  const ada = await gate.makeAccount()
  const client = await gate.enter(ada)
  const token = await gate.accessToken(client)
  const [header, claims] = token.split('.').slice(0, 2).map(decode) as [Parts, Parts]
  const privateKey = await realKey(gate, algorithm)
  const ask = (bearer: string) => gate.client().get('/auth/protected', { bearer })
  const secret = algorithm === 'HS256' ? { secret: jwtSecret } : {}
  const api = await openGuardedApi(t, optionsFor(gate, secret))
  return {
    gate,
    ada,
    client,
    algorithm,
    token,
    header,
    claims,
    privateKey,
    publicKey: algorithm === 'HS256' ? undefined : createPublicKey(privateKey),
    resign: (headerChanges, claimChanges = {}) =>
      signed({ ...header, ...headerChanges }, { ...claims, ...claimChanges }, algorithm, privateKey),
    ask,
    guards: [
      { name: 'server', ask },
      { name: 'verify', ask: api.ask },
    ],
  }
}

/** Declares the attack against each kind of key: every token is refused, and the genuine one stays good. */
export function refusesOnEveryKey(
  title: string,
  makeTokens: (forge: Forge) => Record<string, string>,
  which: Algorithm[] = algorithms,
): void {
  describe(title, () => {
    for (const algorithm of which) {
      it(`is refused on ${algorithm}`, async (t) => {
        const forge = await openForge(t, algorithm)
        for (const guard of forge.guards) {
          for (const [name, token] of Object.entries(makeTokens(forge))) {
            const reply = await guard.ask(token)
            const told = `${guard.name}, ${name}`
            assert.equal(`${told}: ${reply.status} ${reply.body.code}`, `${told}: 401 token_invalid`)
            assertProblem(reply, 401, 'token_invalid')
            assert.match(String(reply.headers['www-authenticate']), /^Bearer .*error="invalid_token"/)
          }
          assert.equal((await guard.ask(forge.token)).status, 200, guard.name)
        }
      })
    }
  })
}

export function encode(value: unknown): string {
  const text = typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)
  return Buffer.from(text as string).toString('base64url')
}

export function signed(header: unknown, claims: unknown, algorithm: string, key: KeyObject): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${encode(signatureOf(input, algorithm, key))}`
}

function signatureOf(input: string, algorithm: string, key: KeyObject): Buffer {
  if (algorithm.startsWith('HS'))
    return createHmac(`sha${algorithm.slice(2)}`, key)
      .update(input)
      .digest()
  const digest = algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`
  return sign(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
}

async function realKey(gate: TestGate, algorithm: Algorithm): Promise<KeyObject> {
  if (algorithm === 'HS256') return createSecretKey(jwtSecret, 'utf8')
  const [record] = await gate.sallyport().inside.gate.stores.read.signingKeys.list()
  assert.ok(record)
  const sealingKeys = gate.settings.sessionSecrets.map((secret) => deriveKey(secret, 'signing keys'))
  return openPrivateKey(record.sealedPrivateJwk, record.kid, sealingKeys).privateKey
}

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}
