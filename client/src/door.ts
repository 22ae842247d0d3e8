import type { Access } from './access.ts'
import { isPassing, isSessionOver, refusedHere, type SallyportError } from './error.ts'
import type { Found, Keeper } from './keeper.ts'
import type { Session } from './session.ts'
import { type AuthState, type Board, type Otp, sessionIdOf } from './state.ts'
import type { Tabs } from './tabs.ts'
import type { Transport } from './transport.ts'

/** What comes after the first step: the code, or, in a trusted device, nothing more. */
export type Entered = { next: 'verify-otp'; otp: Otp } | { next: 'token' }

export type Door = {
  /** The password. Throws `invalid_credentials`, `otp_locked`, ... */
  login(who: { email: string; password: string }): Promise<Entered>
  /** An account of one's own: goes on like a login. `invitation`: the code of an invitation mail. */
  register(who: { email: string; password: string; invitation?: string }): Promise<Entered>
  /** Sends the same code again. Throws `otp_resend_too_soon` with `retryAfter`. */
  resend(): Promise<Otp>
  /** The code, with or without spaces and dashes. Throws `otp_invalid`; how many tries are left is in the state. */
  verify(code: string, options?: { trustDevice?: boolean }): Promise<AuthState>
  /**
   * Signs out here and in all tabs, at once. `everywhere`: all other sessions of the account too. Throws when the server could
   * not be told; this client stays signed out all the same, and tells the server as soon as it asks it something again.
   */
  logout(options?: { everywhere?: boolean }): Promise<void>
}

export function createDoor(
  transport: Transport,
  board: Board,
  keeper: Keeper,
  isCookie: boolean,
  access: Access,
  session: Session,
  tabs: () => Tabs,
): Door {
  const { ask } = transport

  /** In its turn, unless somebody has signed out since it was asked for. */
  function act<T>(work: (exits: number) => Promise<T>): Promise<T> {
    const { exits } = board
    return session.turn(async () => {
      stopIfLeft(exits)
      return work(exits)
    })
  }

  /** Nothing that was under way at a sign-out signs in after it. */
  function stopIfLeft(exits: number): void {
    if (exits !== board.exits) throw refusedHere('superseded')
  }

  const enter = (path: string, who: object) =>
    act(async (exits): Promise<Entered> => {
      const { otp, sessionId } = await ask('POST', path, who)
      if (!otp) {
        await adopt(exits)
        return { next: 'token' }
      }
      arrive(exits, { seen: { stage: 'otp_pending', sessionId, otp } })
      return { next: 'verify-otp', otp }
    })

  async function adopt(exits: number): Promise<void> {
    try {
      arrive(exits, await keeper.adopt())
    } catch (thrown) {
      const error = thrown as SallyportError
      if (exits === board.exits && isPassing(error)) {
        session.show({ seen: { stage: 'loading' } })
        session.retryLater(error)
      }
      throw error
    }
  }

  function arrive(exits: number, found: Found): void {
    stopIfLeft(exits)
    // Whatever was signed out from before, this is another session.
    board.left = undefined
    session.show(found)
    tabs().tell()
  }

  /** What a refusal says about the code that is waited for. */
  function learn(error: SallyportError): never {
    const { state } = board
    if (state.stage === 'otp_pending') {
      const { attemptsLeft } = error.details as Partial<Otp>
      if (state.otp && attemptsLeft !== undefined) showOtp({ ...state.otp, attemptsLeft })
      if (isSessionOver(error) || /^otp_(expired|attempts)/.test(error.code)) session.over()
      // A moment ago this page was given a cookie for it: whoever set this up has to know, not whoever types the code.
      if (error.code === 'session_missing' && state.otp && isCookie)
        transport.complain(Object.assign(error, { kind: 'config', code: 'cookie_lost' }))
    }
    throw error
  }

  function showOtp(otp: Otp): Otp {
    if (board.state.stage === 'otp_pending') board.show({ ...board.state, otp })
    return otp
  }

  return {
    login: (who) => enter('/login', who),
    register: (who) => enter('/register', who),
    resend: () => act(async () => showOtp((await ask('POST', '/otp/resend').catch(learn)).otp)),
    verify: (code, { trustDevice } = {}) =>
      act(async (exits) => {
        const sent = { otp: code.replace(/[\s-]/g, ''), ...(trustDevice && { trustDevice }) }
        // "Nothing to verify" may be the answer to the second of two clicks, or to a first answer that was lost.
        const refusal = await ask('POST', '/verify-otp', sent).then(() => undefined, orVerified)
        await adopt(exits)
        if (refusal && board.state.stage !== 'verified') throw refusal
        return board.state
      }),
    async logout({ everywhere = false } = {}) {
      board.exits++
      const id = sessionIdOf(board.state)
      const token = access.peek()
      board.left = id ?? ''
      const leaving = keeper.leave(token)
      session.over()
      if (id) tabs().tell(id)
      await session.turn(async () => {
        const end = await leaving
        await end(everywhere).catch((thrown) => {
          if ((thrown as SallyportError).kind !== 'refused') throw thrown
        })
        board.left ||= undefined
      })
    },
  }

  function orVerified(thrown: unknown): SallyportError {
    const error = thrown as SallyportError
    return error.code === 'otp_not_pending' ? error : learn(error)
  }
}
