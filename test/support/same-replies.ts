/** "Same" of security.md 2: what a caller could tell two replies apart by, without what is random in every reply. */
import type { Response } from './http-client.ts'

/**
 * @param words what the caller itself chose, such as the address: it may differ where it is repeated
 */
export function seenBy({ status, headers, body, setCookies }: Response, ...words: string[]) {
  const { date: _date, 'x-flow-id': flow = '', 'set-cookie': _cookies, ...rest } = headers
  const hidden = [flow, body?.sessionId, body?.otp?.destination, ...words].filter(Boolean).map(String)
  const hide = (text: string) =>
    hidden.reduce((left, word) => left.replaceAll(word, '*'), text.replace(/localhost:\d+/g, '*'))
  return {
    status,
    // The seconds to the end of a limit's window run while the test does.
    headers: Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [name, hide(String(value).replace(/;t=\d+$/, ''))]),
    ),
    body: JSON.parse(hide(JSON.stringify(body))) as unknown,
    cookies: setCookies.map(cookieShape),
  }
}

/** The name and the attributes of a cookie, and how long its value is. */
function cookieShape(line: string): string {
  const [, name, value = '', rest] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? []
  const size = decodeURIComponent(value).length
  return `${name}=${size} characters${String(rest).replace(/Expires=[^;]+/, 'Expires=*')}`
}
