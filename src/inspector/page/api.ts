import type { ClockView } from '../wire.ts'

/** `/_dev`, wherever the router is mounted. */
export const base: string = new URL('..', import.meta.url).pathname.replace(/\/$/, '')
/** What stands before `/auth`. */
export const mount: string = base.slice(0, -'/_dev'.length)

const key = takeKey()

/** The key comes in the fragment, which no request carries and no log holds, and stays in this tab. */
function takeKey(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('key')
  if (given === null) return sessionStorage.getItem('dev-tools-key')
  sessionStorage.setItem('dev-tools-key', given)
  history.replaceState(null, '', location.pathname + location.search)
  return given
}

function headers(more: Record<string, string> = {}): Record<string, string> {
  return { accept: 'application/json', ...(key === null ? {} : { 'x-dev-tools-key': key }), ...more }
}

export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export async function ask<Answer>(path: string, method = 'GET', body?: unknown): Promise<Answer> {
  const reply = await fetch(`${base}${path}`, {
    method,
    headers: headers(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const said = reply.status === 204 ? {} : await reply.json()
  if (!reply.ok) throw new Refused(reply.status, said.detail ?? said.title ?? `Refused with ${reply.status}`)
  return said
}

let aheadMs = 0

/** The clock of the server, which may be ahead. */
export function serverNow(): number {
  return Date.now() + aheadMs
}

export async function readClock(): Promise<ClockView> {
  const clock = await ask<ClockView>('/clock')
  aheadMs = Date.parse(clock.now) - Date.now()
  return clock
}

export type StreamEvent = { name: string; data: unknown }

/**
 * The events of the server, on and on: an EventSource could not send the key. `onState` hears whether there is a connection.
 */
export async function listen(
  onEvent: (event: StreamEvent) => void,
  onState: (isOpen: boolean) => void,
): Promise<never> {
  let lastId: string | undefined
  for (;;) {
    try {
      const more = lastId === undefined ? {} : { 'last-event-id': lastId }
      const reply = await fetch(`${base}/events`, {
        headers: headers({ ...more, accept: 'text/event-stream' }),
      })
      if (!reply.ok || !reply.body) throw new Refused(reply.status, 'no stream')
      onState(true)
      for await (const block of blocksOf(reply.body)) {
        lastId = /^id: (.*)$/m.exec(block)?.[1] ?? lastId
        const name = /^event: (.*)$/m.exec(block)?.[1]
        if (name !== undefined)
          onEvent({ name, data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null') })
      }
    } catch {
      // The server restarts at every change of its source: that is no news.
    }
    onState(false)
    await new Promise((resume) => setTimeout(resume, 1_000))
  }
}

async function* blocksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    rest += decoder.decode(value, { stream: true })
    const blocks = rest.split('\n\n')
    rest = blocks.pop() ?? ''
    yield* blocks
  }
}
