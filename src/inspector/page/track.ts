import type { Dot, StepName } from '../wire.ts'
import { type Child, h, svg } from './dom.ts'

export const stepNames: readonly StepName[] = ['login', 'code', 'token', 'call', 'refresh']

const said: Record<Dot, string> = {
  done: 'done',
  waiting: 'waiting',
  refused: 'refused',
  none: 'not reached',
}

/** The five doors of a login. Each state has a shape of its own, and words. */
export function track(dots: Record<StepName, Dot>, size: 'small' | 'large'): HTMLElement {
  const items = stepNames.map((name) =>
    h(
      'li',
      { 'data-dot': dots[name] },
      shape(dots[name]),
      size === 'large'
        ? [h('span', { class: 'dot-name' }, name), h('span', { class: 'dot-state' }, said[dots[name]])]
        : h('span', { class: 'hidden' }, `${name} ${said[dots[name]]}`),
    ),
  )
  return h('ol', { class: `track ${size}`, 'aria-label': 'How far it came' }, items)
}

function shape(dot: Dot): SVGElement {
  return svg('svg', { viewBox: '0 0 20 20', 'aria-hidden': 'true', class: `dot ${dot}` }, parts[dot]())
}

const parts: Record<Dot, () => Child[]> = {
  done: () => [svg('circle', { cx: 10, cy: 10, r: 8 }), svg('path', { d: 'M6 10.3l2.8 2.8L14 7.6' })],
  waiting: () => [
    svg('circle', { cx: 10, cy: 10, r: 7 }),
    svg('circle', { cx: 10, cy: 10, r: 2.5, class: 'core' }),
  ],
  refused: () => [
    svg('rect', { x: 2.5, y: 2.5, width: 15, height: 15, rx: 3 }),
    svg('path', { d: 'M7 7l6 6M13 7l-6 6' }),
  ],
  none: () => [svg('circle', { cx: 10, cy: 10, r: 3.5 })],
}
