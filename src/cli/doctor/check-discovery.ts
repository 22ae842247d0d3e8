import type { Settings } from '../../config/settings.ts'
import { CommandFailure } from '../failure.ts'
import { fetchKeys } from '../token/fetch-keys.ts'
import type { Visitor } from '../visitor.ts'
import { type Finding, fail, ofMessage, ok, unknown, warn } from './finding.ts'

/** What verifiers of other people rely on. */
export async function checkDiscovery(
  open: (url: string) => Visitor,
  url: string,
  settings: Settings | undefined,
): Promise<Finding[]> {
  const metadata = await open(url).request('GET', '/.well-known/oauth-authorization-server')
  const { issuer } = metadata.members
  if (metadata.status !== 200 || typeof issuer !== 'string') {
    const says = `/.well-known/oauth-authorization-server answers ${metadata.status}, without an issuer`
    return [fail('discovery', says, 'Let the proxy pass /.well-known/ through to the server.')]
  }
  return [checkIssuer(issuer, url, settings), await checkJwks(open, url, settings)]
}

function checkIssuer(issuer: string, url: string, settings: Settings | undefined): Finding {
  if (settings && issuer !== settings.publicUrl) {
    const says = `the issuer is ${issuer}, and PUBLIC_URL here is ${settings.publicUrl}: verifiers compare byte for byte`
    return fail(
      'discovery',
      says,
      'Set PUBLIC_URL of the server to the address that clients use, or run this with its settings.',
    )
  }
  if (issuer === url) return ok('discovery', `the issuer is ${issuer}, byte for byte`)
  if (settings) return ok('discovery', `the issuer is PUBLIC_URL (${issuer}); it was asked at ${url}`)
  const says = `the issuer is ${issuer}, and it was asked at ${url}: a verifier that is told ${url} refuses its tokens`
  return warn('discovery', says, `Tell verifiers ${issuer}.`)
}

async function checkJwks(
  open: (url: string) => Visitor,
  url: string,
  settings: Settings | undefined,
): Promise<Finding> {
  let keys: Record<string, unknown>[]
  try {
    keys = await fetchKeys(open(url), url, open)
  } catch (reason) {
    if (!(reason instanceof CommandFailure)) throw reason
    return ofMessage('keys published', reason.message)
  }
  const kids = keys.map(({ kid }) => kid)
  if (keys.length === 0) return emptyJwks(settings)
  const incomplete = keys.some(({ kid, alg, use }) => !kid || !alg || use !== 'sig')
  if (incomplete || new Set(kids).size < kids.length) {
    const says = 'a key has no kid, alg or use, or two have one kid: verifiers cannot choose'
    return fail(
      'keys published',
      says,
      'Look at what answers for jwks_uri: the server itself publishes all of them.',
    )
  }
  const algorithms = [...new Set(keys.map(({ alg }) => alg))].join(', ')
  return ok('keys published', `${kids.length} (${algorithms}): ${kids.join(', ')}`)
}

function emptyJwks(settings: Settings | undefined): Finding {
  const fix = 'Unset JWT_SECRET: keys are then made, rotated and published.'
  if (settings && settings.jwtSecret === undefined) {
    return fail('keys published', 'none, though JWT_SECRET is unset here: the server has other settings', fix)
  }
  return warn('keys published', 'none, because JWT_SECRET signs: foreign verifiers cannot work', fix)
}

export function notAsked(check: string): Finding {
  return unknown(check, 'needs a server that answers')
}
