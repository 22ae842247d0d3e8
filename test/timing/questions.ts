/** What an attacker asks about an address, and the addresses to ask about. Every class of a question must take the same time. */
import type { Client, Response } from '../support/http-client.ts'

/** `taken` and `moved` have accounts too: each question has addresses of its own, since a mail that waits costs the next one time. */
export type Cast = Record<'known' | 'disabled' | 'locked' | 'unknown' | 'taken' | 'moved', string[]>

export type Question = {
  name: string
  /** One address of the class, and one request about it; only `ask` is timed. */
  classes: Record<string, (index: number) => { prepare?: () => Promise<void>; ask: () => Promise<Response> }>
  /** What every answer has. */
  status: number
}

const wrong = 'no password of anybody here'
const fresh = 'seven horses in the rain'

export function questions(cast: Cast, newClient: () => Client, verified: Client): Question[] {
  const at = (list: string[], index: number) => list[index % list.length] as string
  const login = (list: string[]) => (index: number) => ({
    ask: () => newClient().post('/auth/login', { email: at(list, index), password: wrong }),
  })
  const forgot = (list: string[]) => (index: number) => ({
    ask: () => newClient().post('/auth/password/forgot', { email: at(list, index) }),
  })
  const resend = (list: string[]) => (index: number) => {
    const client = newClient()
    return {
      prepare: async () => void (await client.post('/auth/password/forgot', { email: at(list, index) })),
      ask: () => client.post('/auth/otp/resend'),
    }
  }
  /** Whatever the server does after its answer: a mail that is sent must not be felt by the next request. */
  const after = (list: string[]) => (index: number) => ({
    prepare: async () => void (await newClient().post('/auth/password/forgot', { email: at(list, index) })),
    ask: () => newClient().get('/auth/session'),
  })
  const register = (address: (index: number) => string) => (index: number) => ({
    ask: () => newClient().post('/auth/register', { email: address(index), password: fresh }),
  })
  const change = (address: (index: number) => string) => (index: number) => ({
    ask: () => verified.post('/auth/email/change', { newEmail: address(index) }),
  })
  const of = (list: string[]) => (index: number) => at(list, index)
  const free = (name: string) => (index: number) => `${name}-${index % cast.known.length}@free.test`
  return [
    {
      name: 'login, wrong password',
      status: 401,
      classes: {
        unknown: login(cast.unknown),
        known: login(cast.known),
        disabled: login(cast.disabled),
        locked: login(cast.locked),
      },
    },
    {
      name: 'forgotten password',
      status: 200,
      classes: { unknown: forgot(cast.unknown), known: forgot(cast.known), disabled: forgot(cast.disabled) },
    },
    {
      name: 'resend after a forgotten password',
      status: 200,
      classes: { unknown: resend(cast.unknown), known: resend(cast.known) },
    },
    {
      name: 'the request after a forgotten password',
      status: 200,
      classes: { unknown: after(cast.unknown), known: after(cast.known) },
    },
    {
      name: 'registration',
      status: 200,
      classes: { free: register(free('new')), taken: register(of(cast.taken)) },
    },
    {
      name: 'change of address',
      status: 200,
      classes: { free: change(free('move')), taken: change(of(cast.moved)) },
    },
  ]
}
