import { notSallyport } from './error.ts'
import type { Seen } from './state.ts'
import type { Ask, Reply } from './transport.ts'

/** What a token endpoint grants. */
export type Grant = { accessToken: string; expiresIn: number; refreshToken?: string }

/** Who is signed in, and the access token where one was needed to find out. */
export type Found = { seen: Seen; grant?: Grant }

/** Where the proof of a session lies between two access tokens: in the browser's cookie, or in a store (`native.ts`). */
export type Keeper = {
  look(): Promise<Found>
  /** @param refused the token that was held until now, and isn't good enough any more */
  renew(refused?: string): Promise<Grant>
  /** As `look`, right after the session was verified. */
  adopt(): Promise<Found>
  /** Makes the sign-out true on this device at once. What it gives ends the session on the server. */
  leave(token: string | undefined): Promise<(everywhere: boolean) => Promise<void>>
  /** Whether its renewals may share a lock: not where other people's code runs in them. */
  shares: boolean
}

/** The browser holds the session in an httpOnly cookie. There is no refresh token that tabs could fight for (ux.md U4). */
export function createCookieKeeper(ask: Ask): Keeper {
  const look = async () => ({ seen: readSession(await ask('GET', '/session')) })
  return {
    shares: true,
    look,
    adopt: look,
    renew: async () => readGrant(await ask('POST', '/token')),
    leave: async () => (everywhere) => endSession(ask, everywhere),
  }
}

export async function endSession(ask: Ask, everywhere: boolean, bearer?: string): Promise<void> {
  try {
    if (everywhere) await ask('DELETE', '/sessions', undefined, bearer)
  } finally {
    await ask('POST', '/logout', undefined, bearer)
  }
}

/** Without the time of its end, which moves with every use: a snapshot changes only when something happens. */
export function readSession(reply: Reply): Seen {
  const { expiresAt, ...seen } = having('stage', reply)
  return seen as Seen
}

export function readGrant(reply: Reply): Grant {
  return having('accessToken', reply) as Grant
}

function having(member: string, reply: Reply): Reply {
  if (!reply[member]) throw notSallyport(`no ${member}`)
  return reply
}

/** What a token says. Unverified: for whoever holds it, not for whoever it is shown to. Times in seconds. */
export function claimsOf(accessToken: string): { sid?: string; iat?: number; exp?: number } {
  try {
    const payload = accessToken.split('.')[1] ?? ''
    return JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/')))
  } catch {
    return {}
  }
}
