import { isLoopbackOrigin } from '../../config/origins.ts'
import type { Settings } from '../../config/settings.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Whether a browser keeps the session cookie and sends it back. @param lines Set-Cookie of the login, without their values */
export function checkCookie(
  lines: string[],
  lost: Map<string, string>,
  url: string,
  settings: Settings,
): Finding[] {
  const line = lines.find((each) => /^(__Host-)?sallyport\.sid=/.test(each))
  if (line === undefined) {
    const says = 'the login set none that reached us'
    return [fail('cookie', says, 'Let the proxy pass Set-Cookie through, and cache nothing under /auth/.')]
  }
  const name = line.slice(0, line.indexOf('='))
  const has = (attribute: RegExp) => attribute.test(line)
  if (lost.size > 0) {
    const says = `${name} is Secure, and ${url} is http: browsers drop it, and every code is "always wrong"`
    return [
      fail('cookie', says, `Open ${settings.publicUrl}, or set PUBLIC_URL to the address that is used.`),
    ]
  }
  if (!has(/; HttpOnly/i) || !has(/; SameSite=Lax/i) || !has(/; Path=\/(;|$)/i)) {
    const says = `${name} has other attributes than it left with: HttpOnly, SameSite=Lax, Path=/`
    return [fail('cookie', says, 'Take the rule out of the proxy that rewrites Set-Cookie.')]
  }
  return [checkSecurity(name, has(/; Secure/i), url, settings)]
}

function checkSecurity(name: string, isSecure: boolean, url: string, { publicUrl }: Settings): Finding {
  if (url.startsWith('https:') && !isSecure) {
    const says = `${name} is not Secure, though ${url} is https: PUBLIC_URL says http`
    return fail('cookie', says, `Set PUBLIC_URL=${new URL(url).origin}.`)
  }
  if (isSecure && url.startsWith('http:')) {
    const says = `${name} is Secure: browsers keep it at ${publicUrl}, and over http only on this machine`
    return ok('cookie', says)
  }
  if (!isSecure && !isLoopbackOrigin(new URL(url).origin)) {
    const says = `${name} crosses the network readable`
    return warn('cookie', says, 'Put TLS in front and set PUBLIC_URL to its https: address.')
  }
  return ok('cookie', `${name}: HttpOnly, SameSite=Lax${isSecure ? ', Secure' : ''}`)
}
