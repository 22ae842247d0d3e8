import type { KeyObject } from 'node:crypto'
import { BoundedMap } from './bounded-map.ts'
import { createDiscovery, type Endpoints } from './discovery.ts'
import type { Fetch } from './fetch-document.ts'
import { type KeySource, PublishedKeys } from './published-keys.ts'
import { RevocationFeed } from './revocation-feed.ts'
import { createSecretKeys, kidOfSecret } from './secret-keys.ts'
import { SessionChecks } from './session-checks.ts'
import type { SeenToken } from './token.ts'

export type IssuerSettings = {
  issuer: string
  secrets: readonly KeyObject[]
  jwksUri: string | undefined
  revocationsUri: string | undefined
  checkUri: string | undefined
  allowHttp: boolean
  staleKeysForMs: number
  fetch: Fetch
  now: () => number
}

/** What this process knows of an issuer: every guard that asks for the same one shares it. */
export interface Issuer {
  keys: KeySource
  feed: RevocationFeed
  sessions: SessionChecks
  /** Tokens whose signature was good, by digest, so that a heap dump holds none. */
  seen: BoundedMap<string, SeenToken>
  /** Once by each who opened it; the last one ends its timers and requests. */
  close(): void
}

/** @throws TypeError where each request brings functions of its own: what they open would never be closed */
export function openIssuer(settings: IssuerSettings): Issuer {
  const key = keyOf(settings)
  const { fetch, now } = settings
  let shared = open.find((each) => each.key === key && each.fetch === fetch && each.now === now)
  if (!shared) {
    if (open.filter((each) => each.key === key).length >= maxAlike) throw new TypeError(tooManyAlike)
    const { issuer, end } = connect(settings)
    shared = { key, fetch, now, issuer, end, users: 0 }
    open.push(shared)
  }
  shared.users++
  return { ...shared.issuer, close: once(() => leave(shared)) }
}

/** Of one issuer with the same settings: they differ in nothing but `fetch` and `now`. */
const maxAlike = 50
const tooManyAlike =
  `@sallyport/verify: fetch or now is a new function each time, and ${maxAlike} of them are in use: write the options once, ` +
  'outside of what is called for each request, or close the verifiers that you are done with'

type Shared = {
  key: string
  fetch: Fetch
  now: () => number
  issuer: Omit<Issuer, 'close'>
  end: () => void
  users: number
}

const open: Shared[] = []

function keyOf({ secrets, fetch: _fetch, now: _now, ...rest }: IssuerSettings): string {
  return JSON.stringify([rest, secrets.map(kidOfSecret)])
}

function leave(shared: Shared): void {
  shared.users--
  if (shared.users > 0) return
  open.splice(open.indexOf(shared), 1)
  shared.end()
}

function connect(settings: IssuerSettings): { issuer: Omit<Issuer, 'close'>; end: () => void } {
  const { issuer, fetch, now, secrets, allowHttp, staleKeysForMs } = settings
  const ending = new AbortController()
  const { signal } = ending
  const discovery = createDiscovery({ issuer, allowHttp, fetch, signal })
  const address = (name: keyof Endpoints) => async () => {
    const url = settings[name] ?? (await discovery.endpoints())[name]
    if (url === undefined) throw new Error(`the metadata of the issuer has no address for ${name}`)
    return url
  }
  const keys =
    secrets.length > 0
      ? createSecretKeys(secrets)
      : new PublishedKeys({ jwksUri: address('jwksUri'), discovery, fetch, signal, staleKeysForMs })
  const feed = new RevocationFeed({ issuer, address: address('revocationsUri'), keys, fetch, signal, now })
  const sessions = new SessionChecks({ address: address('checkUri'), fetch, signal })
  const end = () => {
    ending.abort()
    feed.close()
  }
  return { issuer: { keys, feed, sessions, seen: new BoundedMap(10_000) }, end }
}

function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) work()
    isDone = true
  }
}
