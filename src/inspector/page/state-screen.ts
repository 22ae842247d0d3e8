import type { ClockView, StateView } from '../wire.ts'
import { ask, readClock } from './api.ts'
import { button, type Child, h, show } from './dom.ts'
import type { Screen } from './screen.ts'
import { dayAndTime, fromNow, plural } from './words.ts'

/** What the server holds now, and its clock. */
export function createStateScreen(): Screen {
  const body = h('div', { class: 'state' })
  const element = h(
    'div',
    {},
    h(
      'div',
      { class: 'screen-head' },
      h('h1', {}, 'State'),
      button('Look again', () => void load(), { class: 'quiet', 'data-key': 'again' }),
    ),
    body,
  )

  async function load(): Promise<void> {
    const [state, clock] = await Promise.all([ask<StateView>('/state'), readClock()])
    show(body, clockCard(clock, move), ...cards(state))
  }

  async function move(advance: string): Promise<void> {
    await ask('/clock', 'POST', { advance })
    await load()
  }

  return {
    element,
    title: () => 'State',
    enter: () => void load(),
    onNews: (what) => void (what === 'clock' && load()),
    tick: () => {},
  }
}

function clockCard(clock: ClockView, move: (advance: string) => Promise<void>): HTMLElement {
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'clock-title' },
    h('h2', { id: 'clock-title' }, 'Clock'),
    h('p', { class: 'big' }, dayAndTime(clock.now)),
    h(
      'p',
      { class: 'faint' },
      clock.aheadMs === 0
        ? 'The real time.'
        : `${clock.ahead} ahead of the real time, until the server starts again.`,
    ),
    h('p', {}, 'Forward: everything that expires follows.'),
    h(
      'div',
      { class: 'actions' },
      ['1m', '11m', '1h', '1d', '31d'].map((step) =>
        button(`+ ${step}`, () => void move(step), { 'data-key': `move ${step}` }),
      ),
    ),
  )
}

function cards({ users, sessions, limits, keys, mail }: StateView): HTMLElement[] {
  return [
    h(
      'section',
      { class: 'card', 'aria-labelledby': 'mail-title' },
      h('h2', { id: 'mail-title' }, 'Mail'),
      h(
        'ul',
        { class: 'numbers' },
        [
          ['waiting', mail.waiting],
          ['sent', mail.sent],
          ['given up', mail.failed],
        ].map(([name, count]) => h('li', {}, h('b', {}, count), ' ', name)),
      ),
    ),
    table(
      'Signing keys',
      ['Key', 'Algorithm', 'State', 'Since'],
      keys.map(({ kid, algorithm, state, activeAt }) => [
        h('code', {}, `${kid.slice(0, 12)}…`),
        algorithm,
        state,
        activeAt ? dayAndTime(activeAt) : '—',
      ]),
    ),
    table(
      'Users',
      ['Address', 'Sessions', 'Created', ''],
      users.shown.map(({ email, sessions: count, createdAt, isDisabled }) => [
        email,
        count,
        dayAndTime(createdAt),
        isDisabled ? 'disabled' : '',
      ]),
      users.hasMore ? 'The first 50.' : undefined,
    ),
    table(
      'Sessions',
      ['User', 'Device', 'Seen', 'Ends'],
      sessions.map(({ user, device, lastSeenAt, endsAt }) => [
        user,
        device,
        fromNow(lastSeenAt),
        fromNow(endsAt),
      ]),
    ),
    table(
      'Limits',
      ['Limit', 'Allowed', 'Let on', 'Refused'],
      limits.map(({ name, allowed, taken, refused }) => [name, allowed, taken, refused]),
    ),
  ]
}

export function table(title: string, columns: string[], rows: Child[][], note?: string): HTMLElement {
  const id = `title-${title.replaceAll(' ', '-')}`
  if (rows.length === 0)
    return h(
      'section',
      { class: 'card', 'aria-labelledby': id },
      h('h2', { id }, title),
      h('p', { class: 'faint' }, 'None.'),
    )
  return h(
    'section',
    { class: 'card wide', 'aria-labelledby': id },
    h('h2', { id }, title, h('span', { class: 'tag none' }, plural(rows.length, 'row'))),
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': id },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            columns.map((name) => h(name === '' ? 'td' : 'th', name === '' ? {} : { scope: 'col' }, name)),
          ),
        ),
        h(
          'tbody',
          {},
          rows.map((row) =>
            h(
              'tr',
              {},
              row.map((cell) => h('td', {}, cell)),
            ),
          ),
        ),
      ),
    ),
    note && h('p', { class: 'faint' }, note),
  )
}
