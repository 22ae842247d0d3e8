import type { FlowSummary } from '../wire.ts'
import { listen } from './api.ts'
import { say } from './dom.ts'
import { plural } from './words.ts'

export type Feed = {
  /** Newest change first. */
  flows(): FlowSummary[]
  onChange(listener: (what: 'flows' | 'mail' | 'clock', flowId?: string) => void): void
  /** While it is paused, the list stands still and what comes is kept. */
  pause(isPaused: boolean): void
  isPaused(): boolean
}

/** How long it is silent before it says again what has come: a page that is read aloud must not chatter. */
const quietMs = 5_000

/** What the server tells of flows, as it tells it. */
export function openFeed(onState: (isOpen: boolean) => void): Feed {
  const flows = new Map<string, FlowSummary>()
  const listeners: Parameters<Feed['onChange']>[0][] = []
  let shown: FlowSummary[] = []
  let paused = false
  let unsaid = 0
  let isWaiting = false

  function tell(what: 'flows' | 'mail' | 'clock', flowId?: string): void {
    for (const listener of listeners) listener(what, flowId)
  }

  function take(): void {
    if (!paused) shown = [...flows.values()].sort((a, b) => b.revision - a.revision)
  }

  function announce(): void {
    unsaid++
    if (isWaiting) return
    isWaiting = true
    setTimeout(() => {
      say(`${plural(unsaid, 'flow')} changed`)
      unsaid = 0
      isWaiting = false
    }, quietMs)
  }

  listen(({ name, data }) => {
    if (name === 'reset') flows.clear()
    if (name === 'flow') {
      const flow = data as FlowSummary
      flows.set(flow.id, flow)
      announce()
    }
    take()
    if (name === 'mail' || name === 'clock') tell(name)
    else tell('flows', (data as Partial<FlowSummary>).id)
  }, onState)

  return {
    flows: () => shown,
    onChange: (listener) => void listeners.push(listener),
    pause(isPaused) {
      paused = isPaused
      take()
      tell('flows')
    },
    isPaused: () => paused,
  }
}
