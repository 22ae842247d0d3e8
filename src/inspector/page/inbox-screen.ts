import type { MailText, MailView } from '../wire.ts'
import { ask, base } from './api.ts'
import { button, copyButton, h, show } from './dom.ts'
import type { Screen } from './screen.ts'
import { plural, timeOf } from './words.ts'

type Form = 'html' | 'text' | 'raw'

/** Mails as they would have arrived. */
export function createInboxScreen(): Screen {
  const element = h('div', { class: 'inbox' })
  let mails: MailView[] = []
  let openId: string | undefined
  let form: Form = 'html'

  async function load(): Promise<void> {
    mails = (await ask<{ mails: MailView[] }>('/mails')).mails
    if (!mails.some(({ id }) => id === openId)) openId = mails[0]?.id
    await render()
  }

  async function render(): Promise<void> {
    const opened = openId === undefined ? undefined : await ask<MailText>(`/mails/${openId}`)
    if (!opened) return show(element, nothing())
    show(
      element,
      h(
        'section',
        { class: 'mails', 'aria-label': 'Mails' },
        h('h1', {}, 'Inbox'),
        h('p', { class: 'count' }, plural(mails.length, 'mail')),
        h('ul', {}, mails.map(row)),
      ),
      reader(opened),
    )
  }

  function row(mail: MailView): HTMLElement {
    const open = () => {
      openId = mail.id
      void render()
    }
    return h(
      'li',
      {},
      h(
        'button',
        {
          type: 'button',
          onclick: open,
          'data-key': mail.id,
          'aria-current': mail.id === openId ? 'true' : null,
        },
        h(
          'span',
          { class: 'row-top' },
          h('time', { datetime: mail.sentAt }, timeOf(mail.sentAt)),
          h('span', { class: 'who' }, mail.to),
        ),
        h('span', { class: 'subject' }, mail.subject),
      ),
    )
  }

  function reader(mail: MailText): HTMLElement {
    const choose = (next: Form) => () => {
      form = next
      void render()
    }
    return h(
      'article',
      { class: 'mail', 'aria-label': 'Mail' },
      h('h2', {}, mail.subject),
      h('p', { class: 'faint' }, `to ${mail.to}, ${timeOf(mail.sentAt)}`),
      mail.code && codeBox(mail.code),
      h(
        'div',
        { class: 'tabs', role: 'group', 'aria-label': 'Form of the mail' },
        (['html', 'text', 'raw'] as const).map((name) =>
          button(labels[name], choose(name), {
            'aria-pressed': String(form === name),
            'data-key': `form ${name}`,
          }),
        ),
      ),
      form === 'html'
        ? h('iframe', {
            sandbox: '',
            src: `${base}/mails/${mail.id}/html`,
            title: 'The mail as its reader sees it',
          })
        : h('pre', { tabindex: 0, 'aria-label': labels[form] }, h('code', {}, mail[form])),
    )
  }

  return {
    element,
    title: () => 'Inbox',
    enter: load,
    onNews: (what) => (what === 'mail' ? load() : undefined),
    tick: () => {},
  }
}

const labels: Record<Form, string> = { html: 'HTML', text: 'Text', raw: 'Raw' }

function codeBox(code: string): HTMLElement {
  return h(
    'div',
    { class: 'big-code' },
    h('output', { class: 'mono' }, code),
    copyButton('Copy', () => code, { class: 'primary', 'aria-label': 'Copy the code' }),
    h(
      'a',
      { class: 'action', href: `${base}/try?otp=${encodeURIComponent(code)}`, 'data-link': true },
      'Use it in Try it',
    ),
  )
}

function nothing(): HTMLElement {
  return h(
    'section',
    { class: 'empty' },
    h('h1', {}, 'No mail yet'),
    h('p', {}, 'Every mail of this server lands here, whoever it is for. For tests of your own:'),
    h(
      'pre',
      { tabindex: 0, 'aria-label': 'Request for tests' },
      h('code', {}, `curl '${location.origin}${base}/inbox/latest?to=test@test.com&wait=5s'`),
    ),
  )
}
