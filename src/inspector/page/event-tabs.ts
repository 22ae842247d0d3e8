import type { FlowEvent } from '../wire.ts'
import { h } from './dom.ts'
import { sides } from './event-sides.ts'

const names = ['Request', 'Cookie', 'Session', 'Decisions', 'Response'] as const
type Name = (typeof names)[number]

/** The five sides of a step. */
export function createTabs(): { render(event: FlowEvent): HTMLElement; forget(): void } {
  const chosen = new Map<number, Name>()
  return {
    render(event) {
      const first = event.outcome.status >= 400 ? 'Decisions' : 'Request'
      const panel = h('div', { role: 'tabpanel', class: 'tabpanel', tabindex: 0, id: `panel-${event.seq}` })
      const tabs = names.map((name) => tab(event.seq, name, () => choose(name)))
      const choose = (name: Name) => {
        chosen.set(event.seq, name)
        for (const each of tabs) {
          const isChosen = each.textContent === name
          each.setAttribute('aria-selected', String(isChosen))
          each.tabIndex = isChosen ? 0 : -1
        }
        panel.setAttribute('aria-labelledby', idOf(event.seq, name))
        panel.replaceChildren(...sides[name](event))
        // On a phone not all of them have room.
        requestAnimationFrame(() =>
          tabs[names.indexOf(name)]?.parentElement?.scrollTo({ left: leftOf(tabs, name) }),
        )
      }
      choose(chosen.get(event.seq) ?? first)
      return h(
        'div',
        {},
        h(
          'div',
          { role: 'tablist', class: 'tabs', 'aria-label': `Step ${event.seq}`, onkeydown: moveInTabs },
          tabs,
        ),
        panel,
      )
    },
    forget: () => chosen.clear(),
  }
}

function leftOf(tabs: HTMLElement[], name: Name): number {
  return (tabs[names.indexOf(name)]?.offsetLeft ?? 0) - (tabs[0]?.offsetLeft ?? 0) - 40
}

function idOf(seq: number, name: Name): string {
  return `tab-${seq}-${name}`
}

function tab(seq: number, name: Name, choose: () => void): HTMLElement {
  const id = idOf(seq, name)
  return h(
    'button',
    { type: 'button', role: 'tab', id, 'data-key': id, 'aria-controls': `panel-${seq}`, onclick: choose },
    name,
  )
}

function moveInTabs(event: Event): void {
  const { key } = event as KeyboardEvent
  const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0
  if (step === 0) return
  event.preventDefault()
  const tabs = [...(event.currentTarget as HTMLElement).querySelectorAll('button')]
  const index = tabs.indexOf(document.activeElement as HTMLButtonElement)
  const next = tabs[(index + step + tabs.length) % tabs.length]
  next?.click()
  next?.focus()
}
