import { createHash } from 'node:crypto'
import { signed } from '../attacks/forge.ts'
import type { FakeIssuer, FakeKey } from './fake-issuer.ts'

export type FakeFeed = {
  /** The server of the issuer that answers, and how far its clock is ahead, in ms. */
  source: string
  aheadMs: number
  ended: string[]
  revokedKids: string[]
  /** Milliseconds that it looks back; as of an ACCESS_TOKEN_TTL of five minutes. */
  windowMs: number
  /** Over what the statement says. */
  claims: Record<string, unknown>
  header: Record<string, unknown>
  key: FakeKey | undefined
  /** Sent in the place of a new statement. */
  replay: string | undefined
  /** The last one that was sent. */
  last: string
  /** Entries of a page. */
  pageSize: number
  beginning: number
}

export const feedPath = '/auth/revocations'

export function openFakeFeed(fake: FakeIssuer): FakeFeed {
  const feed: FakeFeed = {
    source: 'server-no-1',
    aheadMs: 0,
    ended: [],
    revokedKids: [],
    windowMs: 420_000,
    claims: {},
    header: {},
    key: undefined,
    replay: undefined,
    last: '',
    pageSize: 10_000,
    beginning: 0,
  }
  fake.more.set(feedPath, (req, res) => {
    const since = new URL(req.url ?? '', fake.url).searchParams.get('since')
    feed.last = feed.replay ?? statement(fake, feed, since === null ? undefined : Number(since))
    res.writeHead(200, { 'Content-Type': 'application/jwt' }).end(feed.last)
  })
  return feed
}

export function mark(sid: string): string {
  return createHash('sha256').update(sid).digest('base64url').slice(0, 16)
}

/** A cursor near the beginning is of a page: so many entries have been told. */
function statement(fake: FakeIssuer, feed: FakeFeed, cursor: number | undefined): string {
  const now = Date.now() + feed.aheadMs
  const issuedAt = Math.floor(now / 1_000)
  if (cursor === undefined) feed.beginning = now - feed.windowMs
  const since = cursor ?? feed.beginning
  const told = since - feed.beginning < 1_000 ? since - feed.beginning : 0
  const entries = feed.ended.map(mark).slice(told, told + feed.pageSize)
  const more = told + entries.length < feed.ended.length
  const next = more ? since + entries.length : now - 80_000
  const key = feed.key ?? (fake.keys[0] as FakeKey)
  const claims = {
    ...{ iss: fake.url, aud: `${fake.url}${feedPath}`, iat: issuedAt, exp: issuedAt + 60 },
    ...{ source: feed.source, now, since, next, more, ended: entries },
    ...{ keys: feed.revokedKids, jwks: fake.keys.map(({ kid }) => kid), ...feed.claims },
  }
  const header = { alg: 'ES256', typ: 'revocations+jwt', kid: key.kid, ...feed.header }
  return signed(header, claims, 'ES256', key.privateKey)
}
