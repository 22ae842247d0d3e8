import type { CookieView, SetCookieView } from '../wire.ts'
import { h } from './dom.ts'
import { pairs } from './pairs.ts'

export function cookieChecks(cookie: CookieView): HTMLElement {
  const { received, verdict, names: all } = cookie
  const isSigned = !['none', 'unsigned', 'bad_signature', 'duplicate'].includes(verdict)
  const rows: [string, boolean | null, string][] = [
    [
      'Sent',
      received,
      received
        ? `${cookie.name} = ${cookie.begins}`
        : all.length > 0
          ? `only ${all.join(', ')}`
          : 'no Cookie header',
    ],
    [
      'Signature',
      received ? isSigned : null,
      received ? (isSigned ? 'made by this server' : verdict.replaceAll('_', ' ')) : 'nothing to check',
    ],
    [
      'Session',
      isSigned ? verdict === 'ok' : null,
      isSigned ? (verdict === 'ok' ? 'known and alive' : verdict) : 'nothing to look up',
    ],
  ]
  return h(
    'ul',
    { class: 'decisions' },
    rows.map(([check, ok, saw]) =>
      h(
        'li',
        { class: ok === null ? 'not-asked' : ok ? 'ok' : 'not-ok' },
        h('span', { class: 'mark', 'aria-hidden': 'true' }, ok === null ? '·' : ok ? '✓' : '✗'),
        h('b', {}, check),
        h('span', {}, saw),
      ),
    ),
  )
}

export function setCookie({ name, begins, attributes, returns }: SetCookieView): HTMLElement {
  return h(
    'div',
    { class: 'set-cookie' },
    h('p', { class: 'line mono' }, `Set-Cookie: ${name}=${begins}`),
    pairs(
      attributes.map(
        (each) => [each.value === null ? each.name : `${each.name}=${each.value}`, each.means] as const,
      ),
    ),
    h(
      'p',
      { class: 'returns' },
      h(
        'b',
        {},
        `Will this client send it back? ${returns.will === 'if asked' ? 'If asked.' : returns.will === 'yes' ? 'Yes.' : 'No.'}`,
      ),
      ` ${returns.because}`,
    ),
  )
}
