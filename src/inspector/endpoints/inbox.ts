import { Problem } from '../../problems/problem.ts'
import { parseDuration } from '../../utils/duration.ts'
import { type Endpoint, ok } from '../endpoint.ts'
import { mailHeaders } from '../headers.ts'
import { readMail } from '../mails.ts'
import type { Tools } from '../tools.ts'

export function inboxEndpoints({ inbox }: Tools): Endpoint[] {
  return [
    {
      method: 'GET',
      path: /^\/inbox$/,
      access: 'data',
      answer: ({ query }) => ok({ mails: inbox.list(query.get('to') ?? undefined) }),
    },
    {
      method: 'GET',
      path: /^\/inbox\/latest$/,
      access: 'data',
      async answer({ query }) {
        const to = query.get('to')
        const waitMs = parseDuration(query.get('wait') ?? '0s') ?? 0
        const mail = await inbox.latest({ ...(to ? { to } : {}), waitMs })
        if (!mail) throw new Problem('not_found', { detail: 'No mail has come for this address.' })
        return ok(mail)
      },
    },
  ]
}

/** The same mails for the page, which shows them in all their forms. */
export function mailEndpoints({ inbox }: Tools): Endpoint[] {
  return [
    {
      method: 'GET',
      path: /^\/mails$/,
      access: 'data',
      answer: () => ok({ mails: inbox.kept().map(({ mail: _mail, ...shown }) => shown) }),
    },
    {
      method: 'GET',
      path: /^\/mails\/([\w-]{36})$/,
      access: 'data',
      answer: ({ params: [id = ''] }) => ok(readMail(inbox, id)),
    },
    {
      method: 'GET',
      path: /^\/mails\/([\w-]{36})\/html$/,
      // A frame brings no header of ours: the id, which nobody guesses, stands for the key.
      access: 'page',
      answer: ({ params: [id = ''] }) => ({
        status: 200,
        body: readMail(inbox, id).html,
        type: 'text/html; charset=utf-8',
        headers: mailHeaders,
      }),
    },
  ]
}
