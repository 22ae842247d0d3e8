import type { FlowSummary } from '../wire.ts'
import { ask, base, mount } from './api.ts'
import { button, copyButton, h, show } from './dom.ts'
import type { Feed } from './feed.ts'
import { track } from './track.ts'
import { plural, timeOf } from './words.ts'

export type Filters = { text: string; client: string; refusedOnly: boolean }

export type FlowList = { element: HTMLElement; update(): void; select(id: string | undefined): void }

/** The list of flows with its filters. The filters stay while the list changes under them. */
export function createFlowList(feed: Feed): FlowList {
  const filters: Filters = { text: '', client: '', refusedOnly: false }
  let selected: string | undefined
  const rows = h('ul', { class: 'flows', 'aria-label': 'Flows, newest first', onkeydown: moveInList })
  const count = h('p', { class: 'count' })
  const client = h('select', {
    id: 'client',
    'aria-label': 'Client',
    onchange: readFilters,
  }) as HTMLSelectElement
  const text = h('input', {
    id: 'search',
    type: 'search',
    placeholder: 'Search',
    'aria-label': 'Search in the list',
    oninput: readFilters,
  }) as HTMLInputElement
  const refused = h('input', { id: 'refused', type: 'checkbox', onchange: readFilters }) as HTMLInputElement
  const pause = button('Pause', () => feed.pause(!feed.isPaused()), { class: 'quiet' })
  const clear = button('Clear', () => void ask('/flows', 'DELETE'), { class: 'quiet' })

  function readFilters(): void {
    Object.assign(filters, {
      text: text.value.trim().toLowerCase(),
      client: client.value,
      refusedOnly: refused.checked,
    })
    update()
  }

  function update(): void {
    const all = feed.flows()
    const shown = all.filter((flow) => fits(flow, filters))
    const scroll = rows.scrollTop
    show(
      rows,
      shown.map((flow) => row(flow, flow.id === selected)),
    )
    rows.scrollTop = scroll
    fillClients(client, all)
    pause.textContent = feed.isPaused() ? 'Go on' : 'Pause'
    pause.setAttribute('aria-pressed', String(feed.isPaused()))
    count.textContent =
      shown.length === all.length
        ? plural(all.length, 'flow')
        : `${shown.length} of ${plural(all.length, 'flow')}`
  }

  return {
    element: h(
      'section',
      { class: 'list', 'aria-label': 'Flows' },
      h('h1', { class: 'hidden' }, 'Flows'),
      h('div', { class: 'filters' }, text, client, h('label', { class: 'check' }, refused, 'Refused only')),
      h('div', { class: 'list-head' }, count, h('span', { class: 'spacer' }), pause, clear),
      rows,
    ),
    update,
    select(id) {
      selected = id
      update()
    },
  }
}

function fits(flow: FlowSummary, { text, client, refusedOnly }: Filters): boolean {
  if (refusedOnly && !flow.isRefused) return false
  if (client !== '' && flow.client !== client) return false
  return (
    text === '' ||
    [flow.id, flow.address, flow.client, flow.verdict, flow.cause].join(' ').toLowerCase().includes(text)
  )
}

function fillClients(select: HTMLSelectElement, flows: readonly FlowSummary[]): void {
  const names = ['', ...new Set(flows.map(({ client }) => client))]
  if (names.join() === [...select.options].map(({ value }) => value).join()) return
  const { value } = select
  show(
    select,
    names.map((name) => h('option', { value: name }, name === '' ? 'Every client' : name)),
  )
  select.value = names.includes(value) ? value : ''
}

function row(flow: FlowSummary, isSelected: boolean): HTMLElement {
  return h(
    'li',
    {},
    h(
      'a',
      {
        href: `${base}/flows/${flow.id}`,
        'data-link': true,
        'data-key': flow.id,
        'data-refused': flow.isRefused,
        'aria-current': isSelected ? 'true' : null,
      },
      h(
        'span',
        { class: 'row-top' },
        h('time', { datetime: flow.changedAt }, timeOf(flow.changedAt)),
        h('span', { class: 'who' }, flow.address ?? 'nobody yet'),
        h('span', { class: 'client' }, flow.client),
      ),
      h(
        'span',
        { class: 'row-main' },
        track(flow.dots, 'small'),
        h('span', { class: 'verdict' }, flow.verdict),
      ),
    ),
  )
}

function moveInList(event: Event): void {
  const { key } = event as KeyboardEvent
  const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0
  const list = event.currentTarget as HTMLElement
  const links = [...list.querySelectorAll('a')]
  const index = links.indexOf(document.activeElement as HTMLAnchorElement)
  const ends: Record<string, number> = { Home: 0, End: links.length - 1 }
  const next = step === 0 ? ends[key] : Math.max(0, index + step)
  if (next === undefined) return
  event.preventDefault()
  links[next]?.focus()
}

/** Before the first login: how to make one. */
export function emptyFlows(): HTMLElement {
  const origin = `${location.origin}${mount}`
  const lines = [
    `curl -c jar -b jar ${origin}/auth/login -H 'Content-Type: application/json' -d '{"email":"test@test.com","password":"123456"}'`,
    `curl -c jar -b jar ${origin}/auth/verify-otp -H 'Content-Type: application/json' -d '{"otp":"<code from the inbox>"}'`,
    `curl -c jar -b jar -X POST ${origin}/auth/token`,
    `curl ${origin}/auth/protected -H 'Authorization: Bearer <accessToken>'`,
  ]
  return h(
    'section',
    { class: 'empty' },
    h('h1', {}, 'Nobody has knocked yet'),
    h(
      'p',
      {},
      'Each attempt to log in shows up here by itself: where it stopped, why, and what to change. Four requests go through every door:',
    ),
    h(
      'ol',
      { class: 'commands' },
      lines.map((line, index) =>
        h(
          'li',
          {},
          h('pre', { tabindex: 0, 'aria-label': `Request ${index + 1}` }, h('code', {}, line)),
          copyButton('Copy', () => line, { class: 'quiet', 'aria-label': `Copy request ${index + 1}` }),
        ),
      ),
    ),
    h(
      'p',
      {},
      'Or let the page do it: ',
      h('a', { href: `${base}/try`, 'data-link': true, class: 'action' }, 'Try it'),
    ),
  )
}
