import { isLoopbackHost } from './origins.ts'
import { accepted, type Parse, refused } from './parsers.ts'
import type { DatabaseSetting } from './settings.ts'

// These addresses carry passwords: no message here repeats any part of them.

export const databaseUrl: Parse<Exclude<DatabaseSetting, { kind: 'embedded' }>> = (text) => {
  const url = text.trim()
  if (url === 'memory:') return accepted({ kind: 'memory' })
  const isPostgres = /^postgres(ql)?:\/\/\S*$/i.test(url) && hasReadableParts(withHost(url))
  if (isPostgres) return accepted({ kind: 'postgres', url })
  return refused(
    'it is neither a Postgres address nor memory:',
    `Write postgres://user:password@host:5432/database ${encodeHint}, or leave it out for the embedded store in DATA_DIR.`,
  )
}

export const redisUrl: Parse<string> = (text) => {
  const url = text.trim()
  if (isRedisUrl(url)) return accepted(url)
  return refused(
    'it is not a Redis address',
    `Write redis://user:password@host:6379 ${encodeHint}, rediss:// for TLS, redis+cluster://host:port,host:port or ` +
      'redis+sentinel://host:port,host:port/mastername.',
  )
}

export const smtpUrl: Parse<string> = (text) => {
  const url = text.trim()
  const hasShape = /^smtps?:\/\/[^\s/?#]+\/?(\?[^\s#]*)?$/i.test(url)
  if (hasShape && hasReadableParts(url) && new URL(url).hostname !== '') return accepted(url)
  return refused(
    'it is not an SMTP address',
    `Write smtp://user:password@host:587, or smtps://user:password@host:465 for TLS from the first byte ${encodeHint}.`,
  )
}

/** The credentials that every Postgres image starts with (ASVS 13.2.3), where others than this machine could use them. */
export function hasDefaultCredentials(database: DatabaseSetting): boolean {
  if (database.kind !== 'postgres') return false
  const url = new URL(withHost(database.url))
  // As in pg, the query wins over the authority, and its last value over the first.
  const query = (name: string) => url.searchParams.getAll(name).at(-1)
  const user = query('user') || decodeURIComponent(url.username)
  const password = query('password') || decodeURIComponent(url.password)
  const host = query('host') || decodeURIComponent(url.hostname)
  // No host, or a path, is a local socket.
  const isLocal = host === '' || host.startsWith('/') || isLoopbackHost(host)
  return !isLocal && user === 'postgres' && password === 'postgres'
}

/** Whether anybody who reaches the port could read sessions: no password, and not on this machine. */
export function isOpenRedis(url: string): boolean {
  const [, userinfo, hosts = ''] = redisShape.exec(url) ?? []
  if (userinfo !== undefined && !/^[^:]*:?@$/.test(userinfo)) return false
  return !hosts.split(',').every((host) => isLoopbackHost(host.replace(/:\d+$/, '')))
}

const encodeHint = '(in the password write %40 for @, %2F for /, %25 for %)'
const redisShape = /^rediss?(?:\+(?:cluster|sentinel))?:\/\/([^@/\s?#]*@)?([^@/\s?#]+)(\/[^\s?#]*)?$/i
const hostAndPort = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i

function isRedisUrl(url: string): boolean {
  const [, userinfo = '', hosts = '', path = ''] = redisShape.exec(url) ?? []
  const scheme = url.slice(0, url.indexOf(':')).toLowerCase()
  const nodes = hosts.split(',').map((host) => hostAndPort.exec(host))
  const everyNodeIsValid = nodes.every((node) => node !== null && Number(node[2] ?? 0) <= 65_535)
  const everyPortIsNamed = nodes.every((node) => node?.[2] !== undefined)
  if (!everyNodeIsValid || !isDecodable(userinfo)) return false
  if (scheme.endsWith('+cluster')) return everyPortIsNamed && /^\/?$/.test(path)
  if (scheme.endsWith('+sentinel')) return everyPortIsNamed && /^\/[\w.-]+$/.test(path)
  return nodes.length === 1 && /^(\/\d{0,4})?$/.test(path) && URL.canParse(url)
}

/** `postgres://me:secret@/app` is the local server for libpq and pg, and no URL for WHATWG. */
function withHost(url: string): string {
  return url.replace('@/', '@localhost/')
}

/** Drivers decode these parts and would throw much later, with the password in the message. */
function hasReadableParts(text: string): boolean {
  const url = URL.parse(text)
  if (url === null) return false
  return [url.username, url.password, url.hostname, url.pathname].every(isDecodable)
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
