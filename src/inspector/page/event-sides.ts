import type { FlowEvent, Outcome } from '../wire.ts'
import { cookieChecks, setCookie } from './cookie-side.ts'
import { h } from './dom.ts'
import { pairs } from './pairs.ts'
import { sessionDiff } from './session-side.ts'

/** What each tab shows. */
export const sides: Record<
  'Request' | 'Cookie' | 'Session' | 'Decisions' | 'Response',
  (event: FlowEvent) => HTMLElement[]
> = {
  Request: ({ request }) => [
    h('p', { class: 'line mono' }, `${request.method} ${request.path}`),
    pairs(request.headers),
    ...text('Body', request.body),
  ],
  Cookie: ({ cookie }) => [cookieChecks(cookie), ...cookie.set.map(setCookie)],
  Session: ({ session }) => [sessionDiff(session.before, session.after)],
  Decisions: ({ trace }) => [
    h(
      'ol',
      { class: 'decisions' },
      trace.map(({ check, ok, saw, where }) =>
        h(
          'li',
          { class: ok ? 'ok' : 'not-ok' },
          h('span', { class: 'mark', 'aria-hidden': 'true' }, ok ? '✓' : '✗'),
          h('b', {}, check, h('span', { class: 'hidden' }, ok ? ' passed: ' : ' failed: ')),
          h('span', {}, saw),
          where && h('code', { class: 'where' }, where),
        ),
      ),
    ),
  ],
  Response: ({ outcome }) => [
    h('p', { class: 'line mono' }, `${outcome.status}${outcome.title ? ` ${outcome.title}` : ''}`),
    timeSplit(outcome),
    pairs(outcome.headers),
    ...text('Body', outcome.body),
  ],
}

function text(label: string, content: string | null): HTMLElement[] {
  if (content === null) return [h('p', { class: 'faint' }, 'No body.')]
  return [h('pre', { tabindex: 0, 'aria-label': label }, h('code', {}, content))]
}

function timeSplit({ ms }: Outcome): HTMLElement {
  const { all = 0, ...parts } = ms
  const rest = Math.max(0, all - Object.values(parts).reduce((sum, each) => sum + each, 0))
  const rows = [...Object.entries(parts), ['rest', Math.round(rest * 10) / 10] as [string, number]]
  return h(
    'ul',
    { class: 'split', 'aria-label': `${all} ms in all` },
    rows.map(([name, value]) =>
      h(
        'li',
        { 'data-part': name },
        h('b', {}, name),
        ` ${value} ms`,
        h('meter', {
          min: 0,
          max: Math.max(all, 0.1),
          value,
          'aria-label': `${name}: ${value} of ${all} ms`,
        }),
      ),
    ),
  )
}
