import type { Dot, FlowSummary } from '../wire.ts'
import { h, svg } from './dom.ts'
import { stepNames } from './track.ts'
import { plural } from './words.ts'

const counted = ['done', 'waiting', 'refused'] as const satisfies Dot[]

/** Beside the list, while no flow is chosen: at which door people stop, and why. */
export function overview(flows: readonly FlowSummary[]): HTMLElement {
  return h(
    'div',
    { class: 'overview' },
    h('h1', {}, 'Where they stop'),
    h(
      'section',
      { class: 'card', 'aria-label': 'Doors' },
      h(
        'ol',
        { class: 'doors' },
        stepNames.map((name) =>
          door(
            name,
            flows.map(({ dots }) => dots[name]),
          ),
        ),
      ),
    ),
    causes(flows),
  )
}

function door(name: string, dots: Dot[]): HTMLElement {
  const counts = counted.map((kind) => ({ kind, count: dots.filter((dot) => dot === kind).length }))
  let left = 0
  const bars = counts.map(({ kind, count }) => {
    const width = (count / Math.max(1, dots.length)) * 100
    left += width
    return svg('rect', { x: left - width, y: 0, width, height: 10, class: kind })
  })
  const said = counts.filter(({ count }) => count > 0).map(({ kind, count }) => `${count} ${kind}`)
  return h(
    'li',
    { class: 'door' },
    h('b', {}, name),
    svg('svg', { viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, bars),
    h('span', { class: 'faint' }, said.length > 0 ? said.join(', ') : 'nobody yet'),
  )
}

function causes(flows: readonly FlowSummary[]): HTMLElement {
  const refused = flows.filter(({ isRefused }) => isRefused)
  const byVerdict = [...Map.groupBy(refused, ({ verdict }) => verdict)]
  const rows = byVerdict.sort(([, a], [, b]) => b.length - a.length).slice(0, 12)
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'causes-title' },
    h('h2', { id: 'causes-title' }, 'Why'),
    rows.length === 0
      ? h('p', { class: 'faint' }, 'Nobody was refused.')
      : h(
          'ul',
          { class: 'causes' },
          rows.map(([verdict, stopped]) =>
            h(
              'li',
              {},
              verdict.replace(/^Stopped at /, ''),
              h('span', { class: 'faint' }, plural(stopped.length, 'flow')),
            ),
          ),
        ),
  )
}
