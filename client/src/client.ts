import { createAccess } from './access.ts'
import { createDoor, type Door } from './door.ts'
import { refusedHere, SallyportError } from './error.ts'
import { claimsOf, createCookieKeeper, type Grant } from './keeper.ts'
import type { NativeStorage } from './native.ts'
import { createRequest } from './request.ts'
import { createSession, type Session } from './session.ts'
import { type AuthEvent, type AuthState, type Board, createBoard, sessionIdOf } from './state.ts'
import { around, isHidden } from './surroundings.ts'
import { openTabs, type Tabs } from './tabs.ts'
import { createTransport, type Fetch, type TransportOptions } from './transport.ts'

export type ClientOptions = TransportOptions & {
  /** `cookie` in browsers; `nativeStorage(store)` of `@sallyport/client/native` in apps, command lines and servers. */
  storage?: 'cookie' | NativeStorage
  onEvent?: (event: AuthEvent) => void
  /** Where `fetch` may send the token, beside the page's own origin and that of `url`. */
  origins?: string[]
  /** Renews the token before it expires, without being asked; never in a hidden tab. */
  background?: boolean
  /** What a server has rendered (`forRequest`): then nothing is asked at the start. */
  initial?: AuthState
}

export type AuthClient = Door & {
  readonly state: AuthState
  /** What the state was at the start: what a server renders. */
  readonly initial: AuthState
  /** Asks the server who is signed in, if that isn't known yet. Throws while it can't be known. */
  ready(): Promise<AuthState>
  /** An access token that is good for `minTtl` seconds (30 unless said). Throws, and never gives null. */
  token(options?: { minTtl?: number }): Promise<string>
  /** `fetch` with the access token for allowed origins; renews and sends again once when the token is refused. */
  fetch: Fetch
  /** Called with each new state. Gives the function that ends it. */
  subscribe(listener: (state: AuthState) => void): () => void
  /** Ends listening, timers and whatever is under way. */
  dispose(): void
}

const loading: AuthState = { stage: 'loading', offline: false }

/** Nothing is asked before somebody subscribes, signs in or wants a token. */
export function createClient(options: ClientOptions): AuthClient {
  const { storage = 'cookie', background = false, initial = loading, origins = [] } = options
  const ending = new AbortController()
  const { signal } = ending
  const isCookie = storage === 'cookie'
  const board = createBoard(initial, options.onEvent)
  const transport = createTransport(options, !isCookie, signal, board.reach)
  const keeper = isCookie ? createCookieKeeper(transport.ask) : storage(transport)
  const access = createAccess(board, keeper, transport, background, onRefused, onGrant)
  const session = createSession(board, keeper, access, signal)
  let tabs: Tabs | undefined

  async function onRefused({ details }: SallyportError): Promise<void> {
    const id = sessionIdOf(board.state)
    await session.look().catch(() => session.over(details.reason as string | undefined))
    if (id && sessionIdOf(board.state) !== id) begin().tell(id)
  }

  async function onGrant({ accessToken }: Grant): Promise<void> {
    const { sid: id } = claimsOf(accessToken)
    if (id && id !== sessionIdOf(board.state)) await session.look()
  }

  function begin(): Tabs {
    tabs ??= listen(`sallyport:${transport.base()}`, board, session, signal)
    return tabs
  }

  async function isIn(): Promise<boolean> {
    signal.throwIfAborted()
    begin()
    if (board.state.stage === 'loading') await session.look()
    return board.state.stage === 'verified'
  }

  return {
    ...createDoor(transport, board, keeper, isCookie, access, session, begin),
    get state() {
      return board.state
    },
    initial,
    ready: () => isIn().then(() => board.state),
    async token({ minTtl = 30 } = {}) {
      if (await isIn()) return access.get(minTtl)
      const isPending = board.state.stage === 'otp_pending'
      throw isPending ? refusedHere('otp_required', 403) : refusedHere('session_missing', 401)
    },
    fetch: createRequest(transport, access, origins, isIn),
    subscribe(listener) {
      isIn().catch(() => {})
      return board.subscribe(listener)
    },
    dispose() {
      board.exits++
      board.epoch++
      ending.abort(new SallyportError('unavailable', 'disposed', 'disposed'))
      access.forget()
      tabs?.close()
    },
  }
}

/** Learns from other tabs, and looks again when the network or the user comes back. */
function listen(name: string, board: Board, session: Session, signal: AbortSignal): Tabs {
  const look = () => void session.look().catch(() => {})
  const back = () => void (isHidden() || look())
  for (const type of ['online', 'visibilitychange']) around().addEventListener?.(type, back, { signal })
  return openTabs(name, (over) => {
    if (!over) board.left ||= undefined
    if (!over || over !== sessionIdOf(board.state)) return look()
    board.left = over
    session.over()
  })
}
