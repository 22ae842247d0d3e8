import { type Child, h } from './dom.ts'

/** Names and values, such as headers. */
export function pairs(rows: readonly (readonly [string, Child])[]): HTMLElement {
  if (rows.length === 0) return h('p', { class: 'faint' }, 'No headers that matter.')
  return h(
    'dl',
    { class: 'pairs' },
    rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  )
}
