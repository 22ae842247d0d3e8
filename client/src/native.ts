/** `@sallyport/client/native`: for what is no browser. Pages don't load it. */
import { isSessionOver, refusedHere, type SallyportError } from './error.ts'
import {
  claimsOf,
  endSession,
  type Found,
  type Grant,
  type Keeper,
  readGrant,
  readSession,
} from './keeper.ts'
import { single } from './surroundings.ts'
import type { Transport } from './transport.ts'

/**
 * Where an app, a command line or a server keeps what signs it in: a keychain, a file, a row. Several processes may share one.
 * What it throws is what the caller of `token` gets; it never signs out.
 */
export type TokenStore = {
  /**
   * What was put there last, or null when nobody is signed in: the refresh token, and after a space the newest access token and
   * when it expires, so that processes share that too. A bare refresh token is as good.
   */
  read(): Promise<string | null>
  /** Puts `next` in the place of `expected`, atomically. False, and nothing changed, if something else is there. */
  replace(expected: string | null, next: string | null): Promise<boolean>
}

/** The option `storage` of an app, a command line or a server: a store in the place of the cookie. */
export function nativeStorage(store: TokenStore): NativeStorage {
  return (transport) => createNativeKeeper(store, transport)
}

export type NativeStorage = (transport: Transport) => Keeper

/** How often a renewal is tried whose answer is lost: in a second, within the grace in which the server repeats its answer. */
const tries = 4

/**
 * The refresh token lies in the store. Whoever loses a race for it goes on with what the winner has put there. Rotations keep
 * 10 s apart, over all processes: a token on its way is then at most one behind, and the server repeats its answer to that one;
 * two behind would be taken for a thief's (RFC 9700 4.14.2).
 */
function createNativeKeeper(store: TokenStore, { ask, forgetCookies }: Transport): Keeper {
  const renew = single((refused?: string) => renewOnce(refused, 1))

  async function renewOnce(refused: string | undefined, tried: number): Promise<Grant> {
    // Read again before each try: meanwhile another process may have got further.
    const stored = await store.read()
    const [refreshToken] = stored?.split(' ') ?? []
    if (!refreshToken) throw refusedHere('session_missing', 401)
    const kept = keptGrant(stored, refused)
    if (kept) return kept
    let grant: Grant
    try {
      grant = readGrant(await ask('POST', '/refresh', { refreshToken }))
    } catch (thrown) {
      const error = thrown as SallyportError
      if (error.kind !== 'refused' && !error.status && tried < tries) {
        // The server may have rotated and its answer got lost: the same token gets the same successor.
        await new Promise((resolve) => setTimeout(resolve, 125 * 2 ** tried * (1 + Math.random() / 5)))
        return renewOnce(refused, tried + 1)
      }
      // Only the token that was refused signs out: if the store has another by now, that one counts.
      if (!isSessionOver(error) || (await store.replace(stored, null))) throw error
      return renewOnce(refused, tried)
    }
    await store.replace(stored, write(grant))
    return grant
  }

  /** Whatever is there, `next` is there afterwards. Gives what was there. */
  async function overwrite(next: string | null): Promise<string | null> {
    const before = await store.read()
    return (await store.replace(before, next)) ? before : overwrite(next)
  }

  async function describe(grant: Grant): Promise<Found> {
    const { accessToken } = grant
    const { user } = await ask('GET', '/protected', undefined, accessToken)
    return { seen: { stage: 'verified', sessionId: claimsOf(accessToken).sid ?? '', user }, grant }
  }

  async function adopt(): Promise<Found> {
    const grant = readGrant(await ask('POST', '/token', { refresh: true }))
    await overwrite(write(grant))
    forgetCookies()
    return describe(grant)
  }

  async function lookInStore(): Promise<Found> {
    const grant = await renew()
    return describe(grant).catch(async (error: SallyportError) => {
      if (error.kind !== 'refused') throw error
      // However young it is, this one is refused: the refresh token has to say what is left.
      const stored = await store.read()
      if (stored?.includes(grant.accessToken)) await store.replace(stored, stored.replace(/ .*/, ''))
      return describe(await renew())
    })
  }

  return {
    shares: false,
    renew,
    adopt,
    look: () =>
      lookInStore().catch(async (error: SallyportError) => {
        if (!isSessionOver(error)) throw error
        const seen = readSession(await ask('GET', '/session'))
        return seen.stage === 'verified' ? adopt() : { seen }
      }),
    async leave(token) {
      // A broken store must not keep anybody in: the server ends what the store still holds.
      const [refreshToken] = (await overwrite(null).catch(() => ''))?.split(' ') ?? []
      return async (everywhere) => {
        const bearer =
          token ?? (refreshToken && (await ask('POST', '/refresh', { refreshToken })).accessToken)
        forgetCookies()
        await endSession(ask, everywhere, bearer)
      }
    },
  }
}

function write({ refreshToken, accessToken, expiresIn }: Grant): string {
  return `${refreshToken} ${accessToken} ${Date.now() + expiresIn * 1_000}`
}

/** The access token that lies in the store, if it will do: a very young one in any case, another than the refused one else. */
function keptGrant(stored: string | null, refused: string | undefined): Grant | undefined {
  const [, accessToken = '', expiresAt] = stored?.split(' ') ?? []
  const { iat = 0, exp = 0 } = claimsOf(accessToken)
  const life = exp - iat
  const left = (Number(expiresAt) - Date.now()) / 1_000
  const isYoung = left > Math.max(0, life - 10) && left <= life
  const isOther = accessToken !== refused && left > Math.min(30, life / 2)
  return isYoung || isOther ? { accessToken, expiresIn: left } : undefined
}
