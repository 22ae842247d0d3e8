import { isLoopbackOrigin } from '../config/origins.ts'

/** The cookies of one browser. */
export type CookieJar = {
  /** The value of the Cookie field, '' without one. */
  header(): string
  values(): string[]
  /** Does what a browser does with the `Set-Cookie` lines of a reply. */
  keep(setCookies: string[]): void
  /** Names of cookies that a browser would not have kept, with the reason. */
  lost: Map<string, string>
}

export function createCookieJar(base: string): CookieJar {
  const kept = new Map<string, string>()
  const lost = new Map<string, string>()
  return {
    header: () => [...kept].map(([name, value]) => `${name}=${value}`).join('; '),
    values: () => [...kept.values()],
    keep(setCookies) {
      for (const line of setCookies) keepCookie(line, base, kept, lost)
    },
    lost,
  }
}

function keepCookie(line: string, base: string, kept: Map<string, string>, lost: Map<string, string>): void {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
  const at = pair.indexOf('=')
  const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
  const isSecure = attributes.some((attribute) => /^secure$/i.test(attribute))
  const expires = attributes.find((attribute) => /^expires=/i.test(attribute))?.slice('expires='.length)
  if (value === '' || (expires !== undefined && Date.parse(expires) <= Date.now())) kept.delete(name)
  // Browsers and curl make an exception for this machine.
  else if (isSecure && base.startsWith('http:') && !isLoopbackOrigin(new URL(base).origin)) {
    lost.set(name, 'it is Secure, and this address is http')
  } else kept.set(name, value)
}
