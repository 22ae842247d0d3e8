import type { ClockView, StateView } from '../wire.ts'
import { ask, readClock } from './api.ts'
import { button, type Child, h, show } from './dom.ts'
import type { Screen } from './screen.ts'
import { dayAndTime, fromNow, plural } from './words.ts'

/** What the server holds now, and its clock. */
export function createStateScreen(): Screen {
  const body = h('div', { class: 'state' })
  const again = button('Look again', () => void load(), { class: 'quiet', 'data-key': 'again' })
  const element = h('div', {}, h('div', { class: 'screen-head' }, h('h1', {}, 'State'), again), body)

  async function load(): Promise<void> {
    const [state, clock] = await Promise.all([ask<StateView>('/state'), readClock()])
    show(body, noticesCard(state), clockCard(clock, move), mailCard(state), tables(state))
  }

  async function move(advance: string): Promise<void> {
    await ask('/clock', 'POST', { advance })
    await load()
  }

  return {
    element,
    title: () => 'State',
    enter: load,
    onNews: (what) => (what === 'clock' ? load() : undefined),
    tick: () => {},
  }
}

const jumps = ['1m', '11m', '1h', '1d', '31d']

function clockCard(clock: ClockView, move: (advance: string) => Promise<void>): HTMLElement {
  const isReal = clock.aheadMs === 0
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'clock-title' },
    h('h2', { id: 'clock-title' }, 'Clock'),
    h('p', { class: 'big' }, dayAndTime(clock.now)),
    h(
      'p',
      { class: 'faint' },
      isReal ? 'The real time.' : `${clock.ahead} ahead of the real time, until the server starts again.`,
    ),
    h('p', {}, 'Forward, and everything that expires follows:'),
    h(
      'div',
      { class: 'actions' },
      jumps.map((jump) => button(`+ ${jump}`, () => void move(jump), { 'data-key': `move ${jump}` })),
    ),
  )
}

/** Nothing where nothing was noticed. */
function noticesCard({ notices }: StateView): HTMLElement[] {
  if (notices.length === 0) return []
  return [
    h(
      'section',
      { class: 'card', 'aria-labelledby': 'notices-title' },
      h('h2', { id: 'notices-title' }, 'Noticed around this server'),
      h(
        'ul',
        {},
        notices.map((text) => h('li', {}, text)),
      ),
    ),
  ]
}

function mailCard({ mail }: StateView): HTMLElement {
  const numbers: [string, number][] = [
    ['waiting', mail.waiting],
    ['sent', mail.sent],
    ['given up', mail.failed],
  ]
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'mail-title' },
    h('h2', { id: 'mail-title' }, 'Mail'),
    h(
      'ul',
      { class: 'numbers' },
      numbers.map(([name, count]) => h('li', {}, h('b', {}, count), ' ', name)),
    ),
  )
}

function tables({ users, sessions, limits, keys }: StateView): HTMLElement[] {
  const ofKey = ({ kid, algorithm, state, activeAt }: (typeof keys)[number]) => [
    h('code', {}, `${kid.slice(0, 12)}…`),
    algorithm,
    state,
    activeAt ? dayAndTime(activeAt) : '—',
  ]
  const ofUser = ({ email, sessions: count, createdAt, isDisabled }: (typeof users.shown)[number]) => [
    email,
    count,
    dayAndTime(createdAt),
    isDisabled ? 'disabled' : 'can log in',
  ]
  return [
    table('Signing keys', ['Key', 'Algorithm', 'State', 'Since'], keys.map(ofKey)),
    table(
      users.hasMore ? 'The first users' : 'Users',
      ['Address', 'Sessions', 'Created', 'State'],
      users.shown.map(ofUser),
    ),
    table(
      'Sessions',
      ['User', 'Device', 'Seen', 'Ends'],
      sessions.map((each) => [each.user, each.device, fromNow(each.lastSeenAt), fromNow(each.endsAt)]),
    ),
    table(
      'Limits',
      ['Limit', 'Rule', 'Passed', 'Refused'],
      limits.map(({ name, allowed, taken, refused }) => [name, allowed, taken, refused]),
    ),
  ]
}

function table(title: string, columns: string[], rows: Child[][]): HTMLElement {
  const id = `title-${title.replaceAll(' ', '-')}`
  const head = h('h2', { id }, title, h('span', { class: 'tag none' }, plural(rows.length, 'row')))
  const body =
    rows.length === 0
      ? h('p', { class: 'faint' }, 'None.')
      : h(
          'div',
          { class: 'scroll', tabindex: 0, role: 'group', 'aria-labelledby': id },
          h(
            'table',
            {},
            h(
              'thead',
              {},
              h(
                'tr',
                {},
                columns.map((name) => h('th', { scope: 'col' }, name)),
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
        )
  return h('section', { class: 'card wide', 'aria-labelledby': id }, head, body)
}
