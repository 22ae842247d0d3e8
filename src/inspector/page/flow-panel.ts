import type { FlowEvent, FlowView } from '../wire.ts'
import { base, mount } from './api.ts'
import { asCurl, asFetch, asHttp, asIssue, correct, nextOf, sketchOf } from './copy-as.ts'
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

/** Where it stopped, why, what to change; or what comes next. */
function verdictCard(flow: FlowView): HTMLElement {
  const last = flow.events.at(-1)
  if (!flow.isRefused || !last) return fineCard(flow)
  const { status, code, cause, detail, fix } = last.outcome
  const corrected = correct(last, origin())
  return h(
    'section',
    { class: 'card verdict-card refused' },
    h('h1', { id: 'flow-title' }, flow.verdict),
    h(
      'p',
      { class: 'codes' },
      h('code', {}, code ?? status),
      cause && [' because of ', h('code', {}, cause)],
    ),
    h('p', { class: 'evidence' }, detail),
    h('div', { class: 'fix' }, h('strong', {}, 'Do this'), h('p', {}, fix)),
    h(
      'div',
      { class: 'actions' },
      corrected && copyButton('Copy the corrected request', () => asCurl(corrected), { class: 'primary' }),
      code && h('a', { class: 'action', href: `${mount}/problems/${code}` }, `About ${code}`),
      copyButton('Copy for an issue', () => asIssue(flow)),
    ),
  )
}

function fineCard(flow: FlowView): HTMLElement {
  const next = nextOf(flow, origin())
  return h(
    'section',
    { class: 'card verdict-card fine' },
    h('h1', { id: 'flow-title' }, flow.verdict),
    h('p', {}, next ? ['Next: ', h('code', {}, `${next.method} ${next.path}`)] : 'Nothing to change.'),
    h(
      'div',
      { class: 'actions' },
      next && copyButton('Copy the next request', () => asCurl(next), { class: 'primary' }),
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
