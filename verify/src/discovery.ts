import { type Fetch, fetchDocument, parseJson } from './fetch-document.ts'
import { isName, isRecord } from './jws.ts'

/** Where the issuer has what a verifier needs. */
export type Endpoints = { jwksUri: string; revocationsUri: string | undefined; checkUri: string | undefined }

export interface Discovery {
  /** Asked once, by however many at the same time. Rejects with the reason; then the next call asks again. */
  endpoints(): Promise<Endpoints>
  /** After a failure at one of them: it may have moved. */
  forget(): void
}

export type DiscoverySettings = { issuer: string; allowHttp: boolean; fetch: Fetch; signal: AbortSignal }

/**
 * The metadata of the issuer (RFC 8414), which has to name the issuer byte for byte, so that no other server can speak for it.
 */
export function createDiscovery(settings: DiscoverySettings): Discovery {
  let found: Promise<Endpoints> | undefined
  return {
    endpoints() {
      if (found) return found
      const asked = discover(settings)
      found = asked
      asked.catch(() => {
        if (found === asked) found = undefined
      })
      return asked
    },
    forget() {
      found = undefined
    },
  }
}

/** Plain http only to this machine: keys from anybody's wire would be anybody's keys. */
export function isSafeAddress(url: string, allowHttp: boolean): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:') return true
  return protocol === 'http:' && (allowHttp || isLoopback(hostname))
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

async function discover(settings: DiscoverySettings): Promise<Endpoints> {
  const faults: string[] = []
  for (const url of metadataAddresses(settings.issuer)) {
    const { fetch, signal } = settings
    const { status, text } = await fetchDocument(url, { fetch, signal, maxBytes: 64_000, timeoutMs: 3_000 })
    try {
      if (status !== 200) throw new Error(`it answers ${status}`)
      return readMetadata(parseJson(text), settings)
    } catch (reason) {
      faults.push(`GET ${url}: ${(reason as Error).message}`)
    }
  }
  throw new Error(faults.join('; '))
}

/** RFC 8414 3.1 puts the path of an issuer behind the well-known part, OpenID Connect before it. */
function metadataAddresses(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const [oauth, openid] = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
  const inside = [`${origin}${path}${oauth}`, `${origin}${path}${openid}`]
  return path === '' ? inside : [`${origin}${oauth}${path}`, ...inside]
}

function readMetadata(document: unknown, { issuer, allowHttp }: DiscoverySettings): Endpoints {
  if (!isRecord(document)) throw new Error('the metadata is not a JSON object')
  if (document.issuer !== issuer) {
    throw new Error(`the metadata is of the issuer ${String(document.issuer)}, and not of ${issuer}`)
  }
  const address = (value: unknown) => {
    if (isName(value) && isSafeAddress(value, allowHttp)) return value
    throw new Error(`the metadata names an address that is not https: ${String(value)}`)
  }
  const { token_endpoint: token, sallyport_revocations_uri: feed } = document
  const beside = (name: string) => (isName(token) ? address(new URL(name, token).href) : undefined)
  return {
    jwksUri: address(document.jwks_uri),
    revocationsUri: feed === undefined ? beside('revocations') : address(feed),
    checkUri: beside('check'),
  }
}
