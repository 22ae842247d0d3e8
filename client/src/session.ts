import type { Access } from './access.ts'
import { isPassing, type SallyportError } from './error.ts'
import type { Found, Keeper } from './keeper.ts'
import { type Board, sessionIdOf } from './state.ts'
import { isHidden, jittered, later } from './surroundings.ts'

/** Who is signed in, as this tab knows it. */
export type Session = {
  /** One after the other: whatever asks about the session, or changes it. Renewals don't wait here. */
  turn<T>(work: () => Promise<T>): Promise<T>
  /** Asks the server. Callers that come before the question is sent share it. */
  look(): Promise<void>
  show(found: Found): void
  /** Nobody is signed in from now on, whatever is still under way. */
  over(because?: string): void
  /** Asks again in a while if it isn't known yet who is signed in. */
  retryLater(error: SallyportError): void
}

export function createSession(board: Board, keeper: Keeper, access: Access, disposed: AbortSignal): Session {
  let queue: Promise<unknown> = Promise.resolve()
  let asking: Promise<void> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function turn<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work)
    queue = result.catch(() => {})
    return result
  }

  async function lookNow(): Promise<void> {
    asking = undefined
    const { epoch } = board
    try {
      const found = await access.gently(keeper.look)
      if (epoch !== board.epoch) return
      const id = sessionIdOf(found.seen)
      if (!id || (board.left && board.left !== id) || board.left === undefined) return show(found)
      await (await keeper.leave(found.grant?.accessToken))(false)
      board.left ||= undefined
      show({ seen: { stage: 'anonymous' } })
    } catch (thrown) {
      retryLater(thrown as SallyportError)
      throw thrown
    }
  }

  function show({ seen, grant }: Found): void {
    const { state } = board
    const isSame = sessionIdOf(seen) === sessionIdOf(state) && seen.stage === state.stage
    if (!isSame) {
      board.epoch++
      access.forget()
    }
    if (grant) access.put(grant)
    // What was told of the code at the login, the server doesn't tell again.
    board.show({ ...(isSame && state), ...seen })
  }

  function retryLater(error: SallyportError): void {
    if (board.state.stage !== 'loading' || disposed.aborted || !isPassing(error)) return
    clearTimeout(timer)
    const wait = jittered((error.retryAfter ?? 3) * 1_000)
    timer = later(wait, () => void (isHidden() || look().catch(() => {})))
  }

  function look(): Promise<void> {
    asking ??= turn(lookNow)
    return asking
  }

  return {
    turn,
    look,
    show,
    over(endedBecause) {
      board.epoch++
      access.forget()
      board.show({ stage: 'anonymous', ...(endedBecause !== undefined && { endedBecause }) })
    },
    retryLater,
  }
}
