import type { SessionView } from '../wire.ts'
import { h } from './dom.ts'
import { dayAndTime } from './words.ts'

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
export function sessionDiff(before: SessionView | null, after: SessionView | null): HTMLElement {
  if (!before && !after) return h('p', { class: 'faint' }, 'No session before, and none after.')
  const shown = (view: SessionView | null, member: keyof SessionView) => {
    const value = view?.[member]
    if (value === null || value === undefined || value === '') return '—'
    return /^\d{4}-.*Z$/.test(value) ? dayAndTime(value) : value
  }
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Session before and after' },
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
