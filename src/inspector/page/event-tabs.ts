import type { CookieView, FlowEvent, Outcome, SessionView, SetCookieView } from '../wire.ts'
import { type Child, h } from './dom.ts'
import { dayAndTime } from './words.ts'

const names = ['Request', 'Cookie', 'Session', 'Decisions', 'Response'] as const
type Name = (typeof names)[number]

/** The five sides of a step. */
export function createTabs(): { render(event: FlowEvent): HTMLElement; forget(): void } {
  const chosen = new Map<number, Name>()
  return {
    render(event) {
      const first = event.outcome.status >= 400 ? 'Decisions' : 'Request'
      const panel = h('div', { role: 'tabpanel', class: 'tabpanel', tabindex: 0, id: `panel-${event.seq}` })
      const tabs = names.map((name) => tab(event.seq, name, () => choose(name)))
      const choose = (name: Name) => {
        chosen.set(event.seq, name)
        for (const each of tabs) {
          const isChosen = each.textContent === name
          each.setAttribute('aria-selected', String(isChosen))
          each.tabIndex = isChosen ? 0 : -1
        }
        panel.setAttribute('aria-labelledby', idOf(event.seq, name))
        panel.replaceChildren(...sides[name](event))
      }
      choose(chosen.get(event.seq) ?? first)
      return h(
        'div',
        {},
        h(
          'div',
          { role: 'tablist', class: 'tabs', 'aria-label': `Step ${event.seq}`, onkeydown: moveInTabs },
          tabs,
        ),
        panel,
      )
    },
    forget: () => chosen.clear(),
  }
}

function idOf(seq: number, name: Name): string {
  return `tab-${seq}-${name}`
}

function tab(seq: number, name: Name, choose: () => void): HTMLElement {
  const id = idOf(seq, name)
  return h(
    'button',
    { type: 'button', role: 'tab', id, 'data-key': id, 'aria-controls': `panel-${seq}`, onclick: choose },
    name,
  )
}

function moveInTabs(event: Event): void {
  const { key } = event as KeyboardEvent
  const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0
  if (step === 0) return
  event.preventDefault()
  const tabs = [...(event.currentTarget as HTMLElement).querySelectorAll('button')]
  const index = tabs.indexOf(document.activeElement as HTMLButtonElement)
  const next = tabs[(index + step + tabs.length) % tabs.length]
  next?.click()
  next?.focus()
}

const sides: Record<Name, (event: FlowEvent) => HTMLElement[]> = {
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

export function pairs(rows: readonly (readonly [string, Child])[]): HTMLElement {
  if (rows.length === 0) return h('p', { class: 'faint' }, 'No headers that matter.')
  return h(
    'dl',
    { class: 'pairs' },
    rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  )
}

function text(label: string, content: string | null): HTMLElement[] {
  if (content === null) return [h('p', { class: 'faint' }, 'No body.')]
  return [h('pre', { tabindex: 0, 'aria-label': label }, h('code', {}, content))]
}

function cookieChecks(cookie: CookieView): HTMLElement {
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

function setCookie({ name, begins, attributes, returns }: SetCookieView): HTMLElement {
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

const members: [keyof SessionView, string][] = [
  ['id', 'id'],
  ['stage', 'stage'],
  ['userId', 'userId'],
  ['challenge', 'challenge'],
  ['amr', 'amr'],
  ['createdAt', 'created'],
  ['idleUntil', 'idle until'],
  ['endsAt', 'ends at'],
  ['endedBecause', 'ended because'],
]

/** The brief's `console.log(req.session)`, twice. */
function sessionDiff(before: SessionView | null, after: SessionView | null): HTMLElement {
  if (!before && !after) return h('p', { class: 'faint' }, 'No session before, and none after.')
  const shown = (view: SessionView | null, member: keyof SessionView) => {
    const value = view?.[member]
    if (value === null || value === undefined || value === '') return '—'
    return /^\d{4}-.*Z$/.test(value) ? dayAndTime(value) : value
  }
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Session before and after' },
    h(
      'table',
      { class: 'diff' },
      h(
        'thead',
        {},
        h('tr', {}, h('td', {}), h('th', { scope: 'col' }, 'Before'), h('th', { scope: 'col' }, 'After')),
      ),
      h(
        'tbody',
        {},
        members.map(([member, label]) => {
          const [was, is] = [shown(before, member), shown(after, member)]
          return h(
            'tr',
            { class: was === is ? null : 'changed' },
            h('th', { scope: 'row' }, label, was !== is && h('span', { class: 'hidden' }, ' changed')),
            h('td', {}, was),
            h('td', {}, is),
          )
        }),
      ),
    ),
  )
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
