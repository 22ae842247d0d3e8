/** Who may see the tools (ux.md 3.4). Whoever may not gets what any unknown path gets, so that nobody learns that they are there. */
import type { IncomingMessage } from 'node:http'
import type { Settings } from '../config/settings.ts'
import { constantTimeEqual } from '../utils/secret.ts'

/** Why the tools are off for the whole process, whoever asks; `undefined` where they are on. */
export function whyClosed(settings: Settings): string | undefined {
  const { mode, trustProxy, publicUrl, database, redisUrl } = settings
  if (mode !== 'development') return 'NODE_ENV is not development'
  if (trustProxy !== 0) return 'TRUST_PROXY is set, so others come in through a proxy'
  if (publicUrl.startsWith('https:')) return 'PUBLIC_URL is https, so this is a deployment'
  if (database.kind === 'postgres' && !isLocalStore(database.url))
    return 'DATABASE_URL is not on this machine'
  if (redisUrl !== undefined && !isLocalStore(redisUrl)) return 'REDIS_URL is not on this machine'
  return undefined
}

/** Every host of it, since a cluster has several. A path in place of a host is a socket of this machine. */
function isLocalStore(url: string): boolean {
  const authority = /^[^:]+:\/\/(?:[^@/]*@)?([^/?]*)/.exec(url)?.[1] ?? ''
  const asked = /[?&]host=([^&]*)/.exec(url)?.[1]
  const hosts = [
    ...authority.split(','),
    ...(asked === undefined ? [] : decodeURIComponent(asked).split(',')),
  ]
  return hosts.every((host) => host === '' || host.startsWith('/') || isLoopbackName(host))
}

function isLoopbackName(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host)
}

/** `page`: holds nothing of anybody. `data` is read, `act` changes something. */
export type Access = 'page' | 'data' | 'act'

export type Door = (req: IncomingMessage, access: Access) => boolean

/** @param key takes the place of the peer condition, and of that one only */
export function createDoor(key: string | undefined): Door {
  return (req, access) => {
    if (!isOwnHost(req) || isForwarded(req) || !isSameOrigin(req, access)) return false
    if (key === undefined) return isLoopbackPeer(req)
    // The page has to come before its script can read the key from the address.
    return access === 'page' || hasKey(req, key)
  }
}

/** The name closes the door to pages that rebind their DNS to loopback. */
function isOwnHost(req: IncomingMessage): boolean {
  const host = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?$/.exec(req.headers.host ?? '')
  return host !== null && Number(host[1] ?? 80) === req.socket.localPort
}

const addedByProxies =
  /^(forwarded|via|x-forwarded-.*|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip)$/

function isForwarded(req: IncomingMessage): boolean {
  return Object.keys(req.headers).some((name) => addedByProxies.test(name))
}

function isLoopbackPeer(req: IncomingMessage): boolean {
  return /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/.test(req.socket.remoteAddress ?? '')
}

/**
 * Browsers say where a request comes from and pages can't change it; scripts say nothing. Following a link to the page is fine
 * wherever it stands, and an address that somebody types (`none`) reads.
 */
function isSameOrigin(req: IncomingMessage, access: Access): boolean {
  const site = req.headers['sec-fetch-site']
  const { origin, host } = req.headers
  if (access === 'page') return true
  if (origin !== undefined && origin !== `http://${host}`) return false
  return site === undefined || site === 'same-origin' || (site === 'none' && access === 'data')
}

const keyHeader = 'x-dev-tools-key'

function hasKey(req: IncomingMessage, key: string): boolean {
  const brought = req.headers[keyHeader]
  return typeof brought === 'string' && constantTimeEqual(brought, key)
}
