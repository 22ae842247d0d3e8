import type { FlowView } from '../wire.ts'
import { ask, Refused } from './api.ts'
import { h, show } from './dom.ts'
import type { Feed } from './feed.ts'
import { createFlowList, emptyFlows } from './flow-list.ts'
import { createFlowPanel } from './flow-panel.ts'
import { overview } from './overview.ts'
import type { Screen } from './screen.ts'

/** The list and, beside it or in its place, the flow that was chosen. */
export function createFlowsScreen(feed: Feed): Screen & { open(id: string | undefined): void } {
  const list = createFlowList(feed)
  const detail = h('div', { class: 'detail' })
  const element = h('div', { class: 'flows-screen' }, list.element, detail)
  const panel = createFlowPanel()
  let openId: string | undefined
  let asked = 0

  async function load(): Promise<void> {
    if (openId === undefined) return
    const turn = ++asked
    try {
      const flow = await ask<FlowView>(`/flows/${openId}`)
      if (turn === asked) show(detail, panel.render(flow))
    } catch (reason) {
      if (turn === asked) show(detail, missing(reason))
    }
  }

  function update(): void {
    list.update()
    const isEmpty = feed.flows().length === 0 && openId === undefined
    element.dataset.open = String(openId !== undefined)
    element.dataset.empty = String(isEmpty)
    if (openId === undefined) show(detail, isEmpty ? emptyFlows() : overview(feed.flows()))
  }

  return {
    element,
    title: () => (openId === undefined ? 'Flows' : `Flow ${openId}`),
    open(id) {
      if (id !== openId) panel.forget()
      openId = id
      list.select(id)
      update()
      void load()
    },
    enter: update,
    onNews(what, flowId) {
      if (what === 'flows') update()
      // A flow may be open under the id of one answer that was joined to it.
      if (what === 'clock' || flowId === openId || flowId === panel.id()) void load()
    },
    tick: () => panel.tick(),
  }
}

function missing(reason: unknown): HTMLElement {
  const text = reason instanceof Refused ? reason.message : 'The server does not answer.'
  return h('div', { class: 'choose' }, h('h1', {}, 'This flow is not here'), h('p', {}, text))
}
