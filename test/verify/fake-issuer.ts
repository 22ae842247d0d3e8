/** An issuer that misbehaves on demand: metadata, keys and feed as the test wants them, and a count of who asked for what. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { signed } from '../attacks/forge.ts'
import { listen } from './guarded-api.ts'

export type FakeKey = { kid: string; privateKey: KeyObject; jwk: Record<string, unknown> }

/** What an address answers in the place of the right thing. */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: string }
  | 'hang'
  | 'cut'
  | { afterMs: number }

export type FakeIssuer = {
  url: string
  keys: FakeKey[]
  /** By path. */
  faults: Map<string, Fault>
  /** Members over those of the metadata. */
  metadata: Record<string, unknown>
  jwksHeaders: Record<string, string>
  /** Answers of addresses that an issuer has beside its metadata and keys. */
  more: Map<string, (req: IncomingMessage, res: ServerResponse) => void>
  /** Requests so far, `path` or `path?query`, oldest first. */
  asked: string[]
  count(path: string): number
  readers: Set<string>
  addKey(kid: string): FakeKey
  /** An access token as Sallyport makes them; the newest key signs unless another one is given. */
  token(claims?: Record<string, unknown>, key?: FakeKey, header?: Record<string, unknown>): string
}

export const jwksPath = '/.well-known/jwks.json'
export const oauthPath = '/.well-known/oauth-authorization-server'
export const openidPath = '/.well-known/openid-configuration'

export async function openFakeIssuer(test: { after(done: () => Promise<void>): void }): Promise<FakeIssuer> {
  const { url } = await listen(test, (req, res) => void answer(fake, req, res))
  const fake: FakeIssuer = {
    url,
    keys: [],
    faults: new Map(),
    metadata: {},
    jwksHeaders: { 'Cache-Control': 'public, max-age=300, stale-while-revalidate=600' },
    more: new Map(),
    asked: [],
    count: (path) => fake.asked.filter((each) => each.split('?')[0] === path).length,
    readers: new Set(),
    addKey(kid) {
      const key = makeKey(kid)
      fake.keys.push(key)
      return key
    },
    token: (claims = {}, key = fake.keys.at(-1) as FakeKey, header = {}) =>
      signed(
        { alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header },
        { ...defaultClaims(url), ...claims },
        'ES256',
        key.privateKey,
      ),
  }
  fake.addKey('key-1')
  return fake
}

export function makeKey(kid: string): FakeKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' } }
}

function defaultClaims(issuer: string) {
  const now = Math.floor(Date.now() / 1_000)
  const times = { iat: now, exp: now + 300, auth_time: now }
  const ids = { sub: 'acc_1', sid: 'ses_1', jti: 'jti_1', client_id: 'sallyport' }
  return { iss: issuer, aud: issuer, amr: ['pwd', 'otp'], ...times, ...ids }
}

async function answer(fake: FakeIssuer, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const path = (req.url ?? '').split('?')[0] as string
  fake.asked.push(req.url ?? '')
  const fault = fake.faults.get(path)
  if (fault === 'hang') return
  if (fault === 'cut') return void req.socket.destroy()
  if (fault && 'status' in fault) return void res.writeHead(fault.status, fault.headers).end(fault.body)
  if (fault) await sleep(fault.afterMs)
  const own = fake.more.get(path)
  if (own) return own(req, res)
  if (path === jwksPath) {
    const reader = req.headers['sallyport-reader']
    if (typeof reader === 'string') fake.readers.add(reader)
    return void res
      .writeHead(200, fake.jwksHeaders)
      .end(JSON.stringify({ keys: fake.keys.map(({ jwk }) => jwk) }))
  }
  if (path === oauthPath) return void res.writeHead(200).end(JSON.stringify(metadataOf(fake)))
  res.writeHead(404).end('{}')
}

function metadataOf({ url, metadata }: FakeIssuer): Record<string, unknown> {
  return {
    ...{ issuer: url, jwks_uri: `${url}${jwksPath}`, token_endpoint: `${url}/auth/token` },
    ...metadata,
  }
}
