import type { MailView } from '../wire.ts'
import { ask, base, mount } from './api.ts'
import { button, h } from './dom.ts'

export type TryForms = {
  element: HTMLElement
  account(): { email: string; password: string }
  /** From the link of a mail. */
  takeCode(code: string | null): void
}

/** The four requests as forms. Nothing is kept but in the fields themselves. */
export function createTryForms(): TryForms {
  const email = field('email', 'E-mail', 'test@test.com', 'username')
  const password = field('password', 'Password', '123456', 'current-password', 'password')
  const otp = field('otp', 'Code', '', 'one-time-code')
  const token = field('token', 'Access token', '', 'off')
  otp.input.inputMode = 'numeric'
  const fill = button('Take it from the inbox', () => void takeNewest(), { class: 'quiet' })
  const account = () => ({ email: email.input.value.trim(), password: password.input.value })

  async function takeNewest(): Promise<void> {
    const { mails } = await ask<{ mails: MailView[] }>('/mails')
    otp.input.value =
      mails.find(({ to, code }) => code !== null && to === account().email.toLowerCase())?.code ?? ''
  }

  function takeToken(body: Body): Body {
    if (typeof body.accessToken === 'string') token.input.value = body.accessToken
    return { ...body, accessToken: '(put into the next form)' }
  }

  const steps = [
    step('POST /auth/login', 'Log in', [email.element, password.element], account),
    step('POST /auth/verify-otp', 'Send the code', [otp.element], () => ({ otp: otp.input.value.trim() }), {
      extra: fill,
    }),
    step('POST /auth/token', 'Get a token', [], () => undefined, { after: takeToken }),
    step('GET /auth/protected', 'Call', [token.element], () => undefined, {
      bearerOf: () => token.input.value.trim(),
    }),
  ]
  return {
    element: h('ol', { class: 'forms' }, steps),
    account,
    takeCode(code) {
      if (code !== null && /^[\dA-Z-]{4,40}$/.test(code)) otp.input.value = code
    },
  }
}

function field(id: string, label: string, value: string, autocomplete: string, type = 'text') {
  const input = h('input', {
    id: `try-${id}`,
    type,
    value,
    autocomplete,
    spellcheck: 'false',
  }) as HTMLInputElement
  return { input, element: h('p', { class: 'field' }, h('label', { for: `try-${id}` }, label), input) }
}

type Body = Record<string, unknown>

type More = { extra?: HTMLElement; after?: (body: Body) => Body; bearerOf?: () => string }

function step(
  request: string,
  label: string,
  fields: HTMLElement[],
  bodyOf: () => Body | undefined,
  { extra, after = (body) => body, bearerOf }: More = {},
): HTMLElement {
  const said = h('div', { class: 'said', role: 'status' })
  const send = async (event: Event) => {
    event.preventDefault()
    const [method = '', path = ''] = request.split(' ')
    const body = bodyOf()
    const reply = await fetch(`${mount}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(bearerOf ? { authorization: `Bearer ${bearerOf()}` } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const told: Body = await reply.json()
    said.replaceChildren(...tell(reply.status, reply.ok ? after(told) : told, reply.headers.get('x-flow-id')))
  }
  return h(
    'li',
    {},
    h(
      'form',
      { onsubmit: (event) => void send(event) },
      h('h3', {}, h('code', {}, request)),
      fields,
      h('div', { class: 'actions' }, h('button', { class: 'primary' }, label), extra),
    ),
    said,
  )
}

function tell(status: number, body: Body, flowId: string | null): HTMLElement[] {
  const { trace: _trace, type: _type, ...shown } = body
  return [
    h(
      'p',
      {},
      h('span', { class: `status ${status >= 400 ? 'refused' : 'done'}` }, status),
      ' ',
      flowId && h('a', { href: `${base}/flows/${flowId}`, 'data-link': true }, `flow ${flowId}`),
    ),
    h('pre', { tabindex: 0, 'aria-label': 'Answer' }, h('code', {}, JSON.stringify(shown, null, 2))),
  ]
}
