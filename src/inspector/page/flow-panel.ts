import type { FlowEvent, FlowView } from '../wire.ts'
import { base, mount } from './api.ts'
import { asCurl, asFetch, asHttp, asIssue, correct, sketchOf } from './copy-as.ts'
import { copyButton, h } from './dom.ts'
import { createTabs } from './event-tabs.ts'
import { codePanel, tickCountdowns, tokenPanel } from './panels.ts'
import { track } from './track.ts'
import { dayAndTime, timeOf } from './words.ts'

export type FlowPanel = {
  render(flow: FlowView): HTMLElement
  id(): string | undefined
  forget(): void
  tick(): void
}

const origin = (): string => `${location.origin}${mount}`

/** A flow from top to bottom: verdict, doors, steps. Which steps and tabs are open outlives a change of the flow. */
export function createFlowPanel(): FlowPanel {
  let shown: FlowView | undefined
  const opened = new Map<number, boolean>()
  const tabs = createTabs()
  return {
    render(flow) {
      shown = flow
      return h(
        'article',
        { class: 'flow', 'aria-labelledby': 'flow-title' },
        head(flow),
        verdictCard(flow),
        h(
          'div',
          { class: 'panels' },
          flow.code && codePanel(flow.code),
          flow.token && tokenPanel(flow.token),
        ),
        h('h2', {}, 'What happened'),
        h(
          'ol',
          { class: 'timeline' },
          flow.events.map((event) => step(event, opened, tabs)),
        ),
      )
    },
    id: () => shown?.id,
    forget() {
      opened.clear()
      tabs.forget()
      shown = undefined
    },
    tick: tickCountdowns,
  }
}

function head(flow: FlowView): HTMLElement {
  return h(
    'header',
    { class: 'flow-head' },
    h('a', { href: base, 'data-link': true, class: 'back' }, '← All flows'),
    h(
      'p',
      { class: 'flow-who' },
      h('span', { class: 'mono' }, flow.id),
      h('span', {}, flow.address ?? 'nobody yet'),
      h('span', {}, flow.client),
      h('time', { datetime: flow.startedAt }, dayAndTime(flow.startedAt)),
    ),
    track(flow.dots, 'large'),
  )
}

/** Where it stopped, why, what to change. */
function verdictCard(flow: FlowView): HTMLElement {
  const last = flow.events.at(-1)
  const { outcome } = last ?? {}
  const isRefused = flow.isRefused && last !== undefined && outcome !== undefined
  const corrected = isRefused ? correct(last, origin()) : null
  return h(
    'section',
    { class: `card verdict-card ${isRefused ? 'refused' : 'fine'}` },
    h('h1', { id: 'flow-title' }, flow.verdict),
    isRefused &&
      h(
        'p',
        { class: 'codes' },
        h('code', {}, outcome.code ?? String(outcome.status)),
        outcome.cause && [' because of ', h('code', {}, outcome.cause)],
      ),
    isRefused && h('p', { class: 'evidence' }, outcome.detail),
    isRefused && h('div', { class: 'fix' }, h('strong', {}, 'Do this'), h('p', {}, outcome.fix)),
    h(
      'div',
      { class: 'actions' },
      corrected && copyButton('Copy the corrected request', () => asCurl(corrected), { class: 'primary' }),
      isRefused &&
        outcome.code &&
        h('a', { class: 'action', href: `${mount}/problems/${outcome.code}` }, `About ${outcome.code}`),
      copyButton('Copy for an issue', () => asIssue(flow)),
    ),
  )
}

function step(
  event: FlowEvent,
  opened: Map<number, boolean>,
  tabs: ReturnType<typeof createTabs>,
): HTMLElement {
  const { seq, request, outcome, link, at } = event
  const isRefused = outcome.status >= 400
  const isOpen = opened.get(seq) ?? isRefused
  const details = h('details', { open: isOpen })
  details.addEventListener('toggle', () => opened.set(seq, (details as HTMLDetailsElement).open))
  details.append(
    h(
      'summary',
      { 'data-key': `step ${seq}` },
      h('span', { class: `status ${isRefused ? 'refused' : 'done'}` }, outcome.status),
      h('span', { class: 'what' }, h('b', {}, request.method), ' ', request.path),
      h('span', { class: 'why' }, isRefused ? (outcome.cause ?? outcome.code ?? '') : timeOf(at)),
      h('span', { class: 'took' }, `${outcome.ms.all ?? 0} ms`),
    ),
    h('p', { class: 'tie' }, ties[link]),
    tabs.render(event),
    h(
      'div',
      { class: 'actions' },
      'Copy as ',
      copyButton('curl', () => asCurl(sketchOf(event, origin()))),
      copyButton('fetch', () => asFetch(sketchOf(event, origin()))),
      copyButton('.http', () => asHttp(sketchOf(event, origin()))),
    ),
  )
  return h('li', { class: link === 'guess' ? 'guess' : null }, details)
}

const ties: Record<FlowEvent['link'], string> = {
  first: 'The first request of this flow.',
  session: 'Joined by its session cookie.',
  'refresh-family': 'Joined by its refresh token.',
  'token-sid': 'Joined by the session that its token names.',
  header: 'Joined by the X-Flow-Id that it brought.',
  guess:
    'Probably this flow: it brought nothing of it, but came from the same client while this one was waiting.',
}
