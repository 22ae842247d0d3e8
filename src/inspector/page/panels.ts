import type { CodeView, TokenView } from '../wire.ts'
import { ask, mount, serverNow } from './api.ts'
import { button, h, say } from './dom.ts'
import { claimMeans, duration } from './words.ts'

const states: Record<CodeView['state'], string> = {
  sent: 'sent, waits to be typed',
  used: 'used',
  expired: 'expired',
  exhausted: 'no tries left',
}

export function codePanel(code: CodeView): HTMLElement {
  const isOpen = code.state === 'sent'
  return h(
    'section',
    { class: 'card panel', 'aria-label': 'Code' },
    h('h2', {}, 'Code', h('span', { class: `tag ${isOpen ? 'waiting' : 'none'}` }, states[code.state])),
    secret(code.handle, 'code'),
    h(
      'ul',
      { class: 'facts' },
      isOpen && h('li', {}, h('b', {}, code.attemptsLeft), ' tries left'),
      isOpen && h('li', {}, 'expires ', countdown(code.expiresAt)),
      isOpen && h('li', {}, 'can be sent again ', countdown(code.resendAt)),
      h('li', {}, `for a ${code.purpose.replaceAll('_', ' ')}`),
    ),
  )
}

/** Masked until somebody asks: only then is it fetched. */
function secret(handle: string, kind: 'code' | 'token', onTold?: (told: Told) => void): HTMLElement {
  const box = h(
    'output',
    { class: `secret ${kind}`, tabindex: kind === 'token' ? 0 : null },
    kind === 'code' ? '••••••' : '•••••••••••• . •••••••••••• . ••••••••••••',
  )
  const reveal = button(`Show the ${kind}`, show, { class: 'quiet', 'data-key': `show ${handle}` })
  const copy = button(
    'Copy',
    () => void fetchSecret(handle).then(({ value }) => navigator.clipboard.writeText(value)),
    { class: 'quiet', 'aria-label': `Copy the ${kind}` },
  )
  async function show(): Promise<void> {
    try {
      const told = await fetchSecret(handle)
      box.textContent = told.value
      onTold?.(told)
    } catch (reason) {
      box.textContent = reason instanceof Error ? reason.message : 'not kept any more'
    }
  }
  return h('div', { class: 'secret-row' }, box, reveal, copy)
}

type Told = { value: string; check?: { isGood: boolean; says: string } }

function fetchSecret(handle: string): Promise<Told> {
  return ask<Told>(`/secrets/${handle}`)
}

export function tokenPanel(token: TokenView): HTMLElement {
  const { handle } = token
  const said = h('p', { class: 'said', role: 'status' })
  const header = Object.entries(token.header).map(([name, value]) => `${name} ${value}`)
  return h(
    'section',
    { class: 'card panel', 'aria-label': 'Access token' },
    h('h2', {}, 'Access token', h('span', { class: 'tag none' }, token.origin)),
    handle && secret(handle, 'token', ({ check }) => tellCheck(said, check)),
    h('p', { class: 'mono small' }, header.join(' · ')),
    claimList(token),
    token.ownClaims.length > 0 &&
      h('p', { class: 'small' }, `Claims of the account: ${token.ownClaims.join(', ')}`),
    handle && tokenActions(handle, said),
    said,
  )
}

function claimList({ claims }: TokenView): HTMLElement {
  const row = ([name, value]: [string, string | number | string[]]) =>
    h(
      'div',
      {},
      h('dt', {}, name),
      h(
        'dd',
        {},
        h('code', {}, Array.isArray(value) ? value.join(' ') : value),
        ' ',
        h('span', { class: 'means' }, claimMeans(name, value)),
      ),
    )
  return h('dl', { class: 'claims' }, Object.entries(claims).map(row))
}

function tokenActions(handle: string, said: HTMLElement): HTMLElement {
  return h(
    'div',
    { class: 'actions' },
    button('Try it', () => void call(handle, said, (value) => value)),
    button('Tamper a byte', () => void call(handle, said, tamper)),
    button('Check', () => void fetchSecret(handle).then(({ check }) => tellCheck(said, check))),
  )
}

function tellCheck(box: HTMLElement, check: Told['check']): void {
  if (check) box.textContent = `${check.isGood ? '✓' : '✗'} ${check.says}`
}

async function call(handle: string, box: HTMLElement, change: (value: string) => string): Promise<void> {
  const { value } = await fetchSecret(handle)
  const reply = await fetch(`${mount}/auth/protected`, {
    headers: { authorization: `Bearer ${change(value)}`, accept: 'application/json' },
  })
  const body = await reply.json()
  box.textContent = `GET /auth/protected: ${reply.status} ${body.message ?? `${body.code}: ${body.detail}`}`
}

function tamper(token: string): string {
  const middle = Math.floor((token.lastIndexOf('.') + token.length) / 2)
  return token.slice(0, middle) + (token[middle] === 'A' ? 'B' : 'A') + token.slice(middle + 1)
}

function countdown(until: string): HTMLElement {
  const element = h('span', { class: 'countdown', 'data-until': until })
  write(element)
  return element
}

/** Once a second. Only the end is said aloud, not each second before it. */
export function tickCountdowns(): void {
  for (const element of document.querySelectorAll<HTMLElement>('.countdown')) {
    const wasOver = element.dataset.over === 'true'
    write(element)
    if (!wasOver && element.dataset.over === 'true' && element.isConnected) say('The time of a code is over.')
  }
}

function write(element: HTMLElement): void {
  const left = Date.parse(element.dataset.until ?? '') - serverNow()
  element.dataset.over = String(left <= 0)
  element.textContent = left > 0 ? `in ${duration(left)}` : 'now'
}
