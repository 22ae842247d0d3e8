import type { IncomingMessage, ServerResponse } from 'node:http'
import { Problem } from '../problems/problem.ts'
import type { Web } from './exchange.ts'

type Origins = Pick<Web, 'publicUrl' | 'corsOrigins' | 'development'>

/**
 * Refuses what a browser sends from a page that may not call here (A-CSRF-01, A-CSRF-04). Browsers always say where a POST or
 * DELETE comes from and pages can't change it; a client that says nothing is no browser, and brings no victim's cookie.
 */
export function refuseCrossSite(req: IncomingMessage, web: Origins): void {
  if (req.method === 'GET' || req.method === 'HEAD') return
  const { origin } = req.headers
  const site = req.headers['sec-fetch-site']
  if (origin !== undefined) {
    if (isOwnOrigin(origin, web) || web.corsOrigins.has(origin)) return
  } else if (site === undefined || site === 'same-origin' || site === 'none') {
    return
  }
  throw new Problem('cross_site_request')
}

/** In development `localhost` and `127.0.0.1` are the same site, since people type either. */
export function isOwnOrigin(origin: string, { publicUrl, development }: Origins): boolean {
  if (origin === publicUrl) return true
  return (
    development && loopbackAlias(origin) !== undefined && loopbackAlias(origin) === loopbackAlias(publicUrl)
  )
}

function loopbackAlias(origin: string): string | undefined {
  return /^(https?:)\/\/(?:localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.exec(origin)?.slice(1).join('')
}

/** Lets pages of CORS_ORIGINS read the answer. An origin that isn't listed gets no CORS header at all (A-CORS-01). */
export function allowCors(req: IncomingMessage, res: ServerResponse, web: Origins): void {
  const { origin } = req.headers
  if (origin === undefined || !web.corsOrigins.has(origin)) return
  res.setHeader('Access-Control-Allow-Origin', origin)
  res.setHeader('Access-Control-Allow-Credentials', 'true')
  res.setHeader(
    'Access-Control-Expose-Headers',
    'X-Flow-Id, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate',
  )
}

/** Sets what the preflight of a page of CORS_ORIGINS asks. False for everything else, which is then an ordinary refusal. */
export function allowPreflight(
  req: IncomingMessage,
  res: ServerResponse,
  web: Origins,
  methods: string[],
): boolean {
  const asksFirst = req.method === 'OPTIONS' && req.headers['access-control-request-method'] !== undefined
  if (!asksFirst || !web.corsOrigins.has(req.headers.origin ?? '')) return false
  allowCors(req, res, web)
  res.setHeader('Access-Control-Allow-Methods', methods.join(', '))
  res.setHeader('Access-Control-Allow-Headers', 'Content-Type, Authorization, X-Flow-Id')
  res.setHeader('Access-Control-Max-Age', '600')
  return true
}
