/** The code that is on its way. Times in seconds from when it was told. */
export type Otp = {
  channel: string
  destination: string
  length: number
  expiresIn: number
  resendIn: number
  attemptsLeft: number
}

export type User = { id: string; email: string }

/** What is known of the session. `sessionId` is its public handle: it opens nothing. */
export type Seen =
  | { readonly stage: 'loading' }
  | { readonly stage: 'anonymous'; readonly endedBecause?: string; readonly endedAt?: string }
  | { readonly stage: 'otp_pending'; readonly sessionId: string; readonly otp?: Otp }
  | { readonly stage: 'verified'; readonly sessionId: string; readonly user: User }

/** A snapshot: another object whenever it changes, the same one until then. `offline`: the last attempt got no answer. */
export type AuthState = Seen & { readonly offline: boolean }

/** What an application may log or count. A `state` event says who is signed in; `before` is what was known until then. */
export type AuthEvent =
  | { type: 'state'; state: AuthState; before: AuthState }
  | { type: 'renewed' }
  | { type: 'error'; error: Error }

export type Board = {
  state: AuthState
  /** Moves on whenever a session begins or ends. An answer that was asked for in an earlier epoch is dropped. */
  epoch: number
  /** Counts sign-outs by this client: a login that was under way at one is dropped. */
  exits: number
  /**
   * The session that was signed out from here, '' if it was not known yet: it isn't shown again, even if the server has not
   * heard of it.
   */
  left: string | undefined
  show(seen: Seen): void
  reach(offline: boolean): void
  subscribe(listener: (state: AuthState) => void): () => void
  emit(event: AuthEvent): void
}

/** The one place that holds what everybody may see. */
export function createBoard(initial: AuthState, onEvent: (event: AuthEvent) => void = () => {}): Board {
  const listeners = new Map<object, (state: AuthState) => void>()

  function put(state: AuthState): void {
    const before = board.state
    if (JSON.stringify(state) === JSON.stringify(before)) return
    board.state = state
    board.emit({ type: 'state', state, before })
    for (const listener of [...listeners.values()]) safely(() => listener(state))
  }

  const board: Board = {
    state: initial,
    epoch: 0,
    exits: 0,
    left: undefined,
    show: (seen) => put({ ...seen, offline: board.state.offline }),
    reach: (offline) => put({ ...board.state, offline }),
    subscribe(listener) {
      // Twice the same function is two subscriptions.
      const own = {}
      listeners.set(own, listener)
      return () => void listeners.delete(own)
    },
    emit: (event) => safely(() => onEvent(event)),
  }
  return board
}

/** Somebody else's fault must not stop a sign-out halfway; it still reaches the window's error handler. */
function safely(act: () => void): void {
  try {
    act()
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown
    })
  }
}

/** The id of a session, where there is one. */
export function sessionIdOf(seen: Seen): string | undefined {
  return (seen as { sessionId?: string }).sessionId
}
