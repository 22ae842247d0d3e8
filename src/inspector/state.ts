import type { InspectedParts } from '../dev-tools.ts'
import { isoTime } from './describe-session.ts'
import type { SeenLimits } from './limits-seen.ts'
import { maskAddress } from './mask.ts'
import type { ConfigView, StateView } from './wire.ts'

const mostShown = 50

/** What the server holds now, without a secret. */
export async function describeState(
  { stores, gate, keys, web }: InspectedParts,
  limits: SeenLimits,
): Promise<StateView> {
  const now = gate.clock.now()
  const accounts = await stores.read.accounts.list({ afterEmail: '', limit: mostShown + 1 })
  const shown = accounts.slice(0, mostShown)
  const sessions = await Promise.all(shown.map(({ id }) => stores.read.sessions.listOf(id, now)))
  return {
    users: {
      shown: shown.map((account, index) => ({
        id: account.id,
        email: maskAddress(account.email),
        createdAt: isoTime(account.createdAt),
        isDisabled: account.disabledAt !== null,
        sessions: sessions[index]?.length ?? 0,
      })),
      hasMore: accounts.length > mostShown,
    },
    sessions: sessions
      .flat()
      .slice(0, mostShown)
      .map((session) => ({
        id: session.id,
        user: maskAddress(session.email ?? ''),
        stage: session.stage,
        device: session.device,
        lastSeenAt: isoTime(session.lastSeenAt),
        endsAt: isoTime(Math.min(session.idleExpiresAt, session.expiresAt)),
      })),
    limits: limits.list(),
    keys: await describeKeys(stores, keys, now),
    mail: await stores.read.outbox.tally(),
    notices: web.surroundings.notices().map(({ text }) => text),
  }
}

async function describeKeys(
  stores: InspectedParts['stores'],
  keys: InspectedParts['keys'],
  now: number,
): Promise<StateView['keys']> {
  const { kid: signing, algorithm } = keys.signer()
  if (keys.jwks().keys.length === 0) {
    return [{ kid: signing, algorithm, state: 'signs (JWT_SECRET, shared)', activeAt: null }]
  }
  const stored = await stores.read.signingKeys.list()
  const stateOf = ({ kid, activeAt, revokedAt }: (typeof stored)[number]) => {
    if (revokedAt !== null) return 'revoked'
    if (kid === signing) return 'signs'
    return activeAt > now ? 'published, signs later' : 'verifies only'
  }
  return stored.map((key) => ({
    kid: key.kid,
    algorithm: key.algorithm,
    state: stateOf(key),
    activeAt: isoTime(Math.max(key.createdAt, key.activeAt)),
  }))
}

export function describeConfig({ effective }: Pick<InspectedParts, 'effective'>): ConfigView {
  const known = effective?.()
  if (!known) return { isKnown: false, productionRefuses: [], settings: [] }
  const verdictOn = (name: string) =>
    known.productionRefuses.find((notice) => notice.name.replace(/_FILE$/, '') === name)
  return {
    isKnown: true,
    productionRefuses: known.productionRefuses,
    settings: known.settings.map(({ name, value, source, description, effect }) => {
      const refused = verdictOn(name)
      return {
        name,
        value,
        source,
        description,
        effect,
        production: refused ? `${refused.wrong}. ${refused.fix}` : null,
      }
    }),
  }
}
