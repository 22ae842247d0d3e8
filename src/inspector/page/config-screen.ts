import type { ConfigView } from '../wire.ts'
import { ask } from './api.ts'
import { h, show } from './dom.ts'
import type { Screen } from './screen.ts'
import { plural } from './words.ts'

/** Each setting, where it comes from, and what production would say of it. */
export function createConfigScreen(): Screen {
  const element = h('div', { class: 'config' })

  async function load(): Promise<void> {
    try {
      show(element, h('h1', {}, 'Config'), ...settings(await ask<ConfigView>('/config')))
    } catch (reason) {
      show(
        element,
        h('h1', {}, 'Config'),
        h('p', {}, reason instanceof Error ? reason.message : 'The server does not answer.'),
      )
    }
  }

  return { element, title: () => 'Config', enter: () => void load(), onNews: () => {}, tick: () => {} }
}

function settings({ settings: rows, productionRefuses }: ConfigView): HTMLElement[] {
  const isFine = productionRefuses.length === 0
  return [
    h(
      'section',
      { class: `card verdict-card ${isFine ? 'fine' : 'refused'}` },
      h(
        'h2',
        {},
        isFine
          ? 'Production would start with these settings'
          : `Production would refuse ${plural(productionRefuses.length, 'setting')}`,
      ),
      !isFine &&
        h(
          'ul',
          { class: 'refusals' },
          productionRefuses.map(({ name, wrong, fix }) =>
            h('li', {}, h('code', {}, name), ` ${wrong}. `, h('span', { class: 'faint' }, fix)),
          ),
        ),
    ),
    h(
      'ul',
      { class: 'settings' },
      rows.map(({ name, value, source, description, effect, production }) =>
        h(
          'li',
          { class: 'card' },
          h('h2', {}, h('code', {}, name), h('span', { class: 'tag none' }, source)),
          h('p', { class: 'value mono' }, value ?? 'unset'),
          h('p', {}, effect.replaceAll('`', '')),
          production && h('p', { class: 'warning' }, h('b', {}, 'Production: '), production),
          h(
            'details',
            {},
            h('summary', {}, 'What it is'),
            h('p', { class: 'faint' }, description.replaceAll('`', '')),
          ),
        ),
      ),
    ),
  ]
}
