import type { ConfigView } from '../wire.ts'
import { ask } from './api.ts'
import { h, show } from './dom.ts'
import type { Screen } from './screen.ts'
import { plural } from './words.ts'

/** Each setting, where it comes from, and what production would say of it. */
export function createConfigScreen(): Screen {
  const element = h('div', { class: 'config' })

  async function load(): Promise<void> {
    const config = await ask<ConfigView>('/config')
    show(element, h('h1', {}, 'Config'), config.isKnown ? [verdict(config), list(config)] : unknown())
  }

  return { element, title: () => 'Config', enter: load, onNews: () => {}, tick: () => {} }
}

function unknown(): HTMLElement {
  return h(
    'p',
    {},
    'An application embeds this server and gave it its settings: where they came from is not known here.',
  )
}

function verdict({ productionRefuses }: ConfigView): HTMLElement {
  const count = productionRefuses.length
  return h(
    'section',
    { class: `card verdict-card ${count === 0 ? 'fine' : 'refused'}` },
    h(
      'h2',
      {},
      count === 0
        ? 'Production would start with these settings'
        : `Production would refuse ${plural(count, 'setting')}`,
    ),
    count > 0 &&
      h(
        'ul',
        { class: 'refusals' },
        productionRefuses.map(({ name, wrong, fix }) =>
          h('li', {}, h('code', {}, name), ` ${wrong}. `, h('span', { class: 'faint' }, fix)),
        ),
      ),
  )
}

function list({ settings }: ConfigView): HTMLElement {
  return h('ul', { class: 'settings' }, settings.map(card))
}

function card({
  name,
  value,
  source,
  description,
  effect,
  production,
}: ConfigView['settings'][number]): HTMLElement {
  return h(
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
  )
}
