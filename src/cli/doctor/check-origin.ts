import type { Settings } from '../../config/settings.ts'
import type { TakenStep } from '../take-step.ts'
import type { Visitor } from '../visitor.ts'
import { type Finding, fail, ok, unknown } from './finding.ts'

/** What a page of another origin meets before its first request. */
export async function checkOrigin(visitor: Visitor, origin: string, url: string): Promise<Finding[]> {
  if (origin === new URL(url).origin)
    return [ok('origin', `${origin} is the server's own: no CORS is needed`)]
  const reply = await visitor.request('OPTIONS', '/auth/login', {
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  })
  const allowed = (name: string) => reply.headers.get(`access-control-allow-${name}`) ?? ''
  const fix = `Add it at the server: CORS_ORIGINS=${origin} (a comma list), and let the proxy pass OPTIONS through.`
  const site = checkSite(origin, url)
  if (allowed('origin') !== origin || allowed('credentials') !== 'true') {
    return [fail('origin', `the preflight of ${origin} is refused (${reply.status})`, fix), site]
  }
  if (!/\bpost\b/i.test(allowed('methods')) || !/content-type/i.test(allowed('headers'))) {
    return [fail('origin', 'the preflight allows no POST with Content-Type', fix), site]
  }
  return [ok('origin', `the preflight of ${origin} allows POST with credentials`), site]
}

/** Whether the page could read the answers; without the header fetch throws, whatever the server did. */
export function checkReadable(
  origin: string,
  url: string,
  { publicUrl }: Settings,
  taken: TakenStep[],
): Finding {
  if (origin === new URL(url).origin || origin === publicUrl) {
    return ok('readable', 'a page of the same origin reads every answer')
  }
  const hidden = taken.filter(({ headers }) => headers.get('access-control-allow-origin') !== origin)
  if (hidden.length === 0) return ok('readable', `a page of ${origin} reads every answer of the login`)
  const says = `a page of ${origin} cannot read the answers of: ${hidden.map(({ report }) => report.step).join(', ')}`
  return fail('readable', says, `Add it at the server: CORS_ORIGINS=${origin}.`)
}

/** SameSite=Lax: with fetch the cookie goes only to its own site, which is scheme and registrable domain. */
function checkSite(origin: string, url: string): Finding {
  const [page, server] = [new URL(origin), new URL(url)]
  const fix = `Serve the page below the same domain, or let ${origin} pass /auth/ on to the server.`
  if (page.protocol !== server.protocol) {
    const says = `${page.protocol} and ${server.protocol} are two sites: browsers keep the cookie back (SameSite=Lax)`
    return fail('site', says, fix)
  }
  if (page.hostname === server.hostname) return ok('site', 'one host is one site: the cookie goes along')
  const shared = sharedDomain(page.hostname, server.hostname)
  if (shared === undefined) {
    const says = `${page.hostname} and ${server.hostname} are two sites: browsers keep the cookie back (SameSite=Lax)`
    return fail('site', says, fix)
  }
  const says = `both are below ${shared}: one site, unless that is a public suffix (such as co.uk or github.io)`
  return shared.split('.').length > 2 ? ok('site', says) : unknown('site', says)
}

function sharedDomain(one: string, other: string): string | undefined {
  const [left, right] = [one.split('.').reverse(), other.split('.').reverse()]
  const count = left.findIndex((label, index) => label !== right[index])
  const shared = left.slice(0, count === -1 ? left.length : count)
  const isAddress = /^\d+$/.test(left[0] ?? '') || one.startsWith('[')
  return shared.length < 2 || isAddress ? undefined : shared.reverse().join('.')
}
