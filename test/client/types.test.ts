/** What must compile, and what must not. The compiler is the test: `tsc --noEmit`. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type AuthClient,
  type AuthState,
  createClient,
  type ErrorCode,
  isSallyportError,
} from '../../client/src/index.ts'
import { nativeStorage, type TokenStore } from '../../client/src/native.ts'
import { type RequiredSession, useSession } from '../../client/src/react.ts'
import { forRequest } from '../../client/src/server.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Never called. */
export async function typed(auth: AuthClient, store: TokenStore): Promise<void> {
  createClient({ url: '/auth', storage: 'cookie', timeout: 1_000, clockSkew: 'auto', onEvent: () => {} })
  createClient({
    url: 'https://a.example/auth',
    storage: nativeStorage(store),
    clockSkew: -3_000,
    origins: ['https://b.example'],
  })
  // @ts-expect-error a client needs an address
  createClient({})
  // @ts-expect-error there is no such storage: tokens are never kept where every script can read them
  createClient({ url: '/auth', storage: 'localStorage' })
  // @ts-expect-error a store without compare-and-set loses races
  createClient({ url: '/auth', storage: nativeStorage({ read: async () => null }) })

  const entered = await auth.login({ email: 'a', password: 'b' })
  if (entered.next === 'verify-otp') entered.otp.destination.toUpperCase()
  // @ts-expect-error a trusted device is asked for no code
  else entered.otp
  // @ts-expect-error a code is a text: as a number it loses its zeros
  await auth.verify(123456)
  await auth.verify('839 201', { trustDevice: true })
  await auth.logout({ everywhere: true })
  const token: string = await auth.token({ minTtl: 30 })
  const reply: Response = await auth.fetch('/api/me', { headers: { authorization: token } })
  reply.status.toFixed()
  const unsubscribe: () => void = auth.subscribe((state) => state.offline)
  unsubscribe()

  const state: AuthState = auth.state
  // @ts-expect-error only somebody who is signed in has a name
  state.user
  if (state.stage === 'verified') state.user.email.toUpperCase()
  if (state.stage === 'otp_pending') state.otp?.attemptsLeft.toFixed()
  // @ts-expect-error a snapshot is not for writing
  state.stage = 'verified'
  // @ts-expect-error nor is the client's
  auth.state = state
  const rendered: AuthState = await forRequest(new Headers(), { url: 'http://a.example/auth' })
  createClient({ url: '/auth', initial: rendered })
}

/** Never called. */
export function typedErrors(thrown: unknown): string {
  if (!isSallyportError(thrown)) return 'somebody else'
  const known: ErrorCode = 'otp_invalid'
  // Newer servers have codes that this client does not know.
  const newer: ErrorCode = 'of_a_newer_server'
  switch (thrown.kind) {
    case 'refused':
    case 'rate-limited':
      return `${thrown.code === known || thrown.code === newer} ${thrown.retryAfter?.toFixed()}`
    case 'unavailable':
    case 'offline':
      return 'later'
    case 'config':
    case 'bug':
      return thrown.fix ?? ''
    default:
      return thrown.kind satisfies never
  }
}

/** Never called. */
export function typedSession(): void {
  const required = useSession({ required: true })
  const isNarrow: Same<typeof required, RequiredSession> = true
  if (isNarrow && required.stage !== 'loading') required.user.email.toUpperCase()
  const session = useSession()
  // @ts-expect-error nobody may be signed in
  session.user.email
}

describe('the types', () => {
  it('compile', () => {
    assert.equal(typeof typed, 'function')
    assert.match(typedErrors(new Error()), /somebody else/)
  })
})
