import { isPassing, isSessionOver, refusedHere, SallyportError } from './error.ts'
import type { Grant, Keeper } from './keeper.ts'
import { withLock } from './lock.ts'
import type { Board } from './state.ts'
import { isHidden, jittered, later, single } from './surroundings.ts'
import type { Transport } from './transport.ts'

/** The access token: in memory, in this tab, nowhere else. */
export type Access = {
  /** One that is good for `minTtl` seconds more, or at least good. */
  get(minTtl: number): Promise<string>
  /** Another one than this, which was refused. */
  insteadOf(refused: string): Promise<string>
  /** One that is still good, without asking anybody. */
  peek(): string | undefined
  put(grant: Grant): void
  forget(): void
  /** Asks the server; after a 429 or 5xx not before its Retry-After, or a second. */
  gently<T>(ask: () => Promise<T>): Promise<T>
}

type Held = { token: string; expiresAt: number; life: number }

/**
 * @param now ms, on the server's clock as far as it is known
 * @param background renews before the token expires, without being asked
 * @param onRefused the server said that the session is over, or waits for its code: finds out, and shows it
 * @param onGrant looks again if the token isn't of the session that is shown
 */
export function createAccess(
  board: Board,
  keeper: Keeper,
  { base, now }: Transport,
  background: boolean,
  onRefused: (error: SallyportError) => Promise<void>,
  onGrant: (grant: Grant) => Promise<void>,
): Access {
  let held: Held | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let cooling: SallyportError | undefined
  let coolUntil = 0

  /** Everybody who needs a new token waits for the same renewal. */
  const renew = single(() => renewOnce(board.epoch))

  async function renewOnce(epoch: number): Promise<string> {
    const stopIfOvertaken = () => {
      if (epoch !== board.epoch) throw refusedHere('superseded')
    }
    try {
      const ask = () => {
        // While this tab waited for the lock, another may have learned that there is nothing to be had.
        stopIfOvertaken()
        return gently(() => keeper.renew(held?.token))
      }
      const grant = await (keeper.shares ? withLock(`sallyport:${base()}`, ask) : ask())
      stopIfOvertaken()
      await onGrant(grant)
      stopIfOvertaken()
      put(grant)
      board.emit({ type: 'renewed' })
      return grant.accessToken
    } catch (thrown) {
      stopIfOvertaken()
      const error = thrown as SallyportError
      board.emit({ type: 'error', error })
      if (isSessionOver(error) || error.code === 'otp_required') await onRefused(error)
      throw error
    }
  }

  async function gently<T>(ask: () => Promise<T>): Promise<T> {
    const left = coolUntil - Date.now()
    if (cooling && left > 0) {
      const { kind, code, message } = cooling
      throw new SallyportError(kind, code, message, { ...cooling, retryAfter: Math.ceil(left / 1_000) })
    }
    try {
      return await ask()
    } catch (thrown) {
      const error = thrown as SallyportError
      if (isPassing(error) && error.status) {
        cooling = error
        coolUntil = Date.now() + jittered((error.retryAfter ?? 1) * 1_000)
      }
      throw error
    }
  }

  function put({ accessToken: token, expiresIn }: Grant): void {
    const life = expiresIn * 1_000
    held = { token, life, expiresAt: now() + life }
    clearTimeout(timer)
    if (background)
      timer = later(life - jittered(life / 6), () => void (isHidden() || renew().catch(() => {})))
  }

  function peek(): string | undefined {
    return held && held.expiresAt > now() ? held.token : undefined
  }

  async function get(minTtl: number, tries = 3): Promise<string> {
    // A short-lived token that is asked to live longer than any must not be renewed at each call.
    if (held && held.expiresAt - now() > Math.min(minTtl * 1_000, held.life / 2)) return held.token
    try {
      return await renew()
    } catch (thrown) {
      const error = thrown as SallyportError
      const still = isPassing(error) && peek()
      if (still) return still
      // Overtaken by a new login, or refused for a cookie that was changed under it: whoever is signed in now tries again.
      const isStale = isSessionOver(error) || error.code === 'superseded'
      if (isStale && tries > 1 && board.state.stage === 'verified') return get(minTtl, tries - 1)
      throw error
    }
  }

  return {
    get,
    insteadOf: async (refused) => (held && held.token !== refused ? held.token : renew()),
    peek,
    put,
    forget() {
      held = undefined
      clearTimeout(timer)
    },
    gently,
  }
}
