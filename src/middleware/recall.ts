import type { RecalledFacts } from '../problems/facts.ts'
import type { Exchange } from './exchange.ts'
import { hostOf } from './facts-of-request.ts'
import type { Recollection } from './recollection.ts'

/** What earlier requests have to do with this one; nothing outside development. */
export function recall(exchange: Exchange): RecalledFacts | undefined {
  const { web, req, visit } = exchange
  const { recollection } = web.explaining
  if (!recollection) return undefined
  const now = web.gate.clock.now()
  const isSameClient = (entry: { address: string; device: string }) =>
    entry.address === visit.address && entry.device === visit.device
  const given = recollection.newest('cookie', isSameClient)
  const host = hostOf(req)
  const { secretHash } = web.sessions.judge(req)
  const isOwn = (entry: { secretHash: string }) => entry.secretHash === secretHash
  return {
    runningForSeconds: (now - recollection.startedAt) / 1_000,
    given: given && { secondsAgo: (now - given.at) / 1_000, host: given.host },
    wasGivenHere:
      recollection.newest('cookie', (entry) => isSameClient(entry) && entry.host === host) !== undefined,
    isCookieKnown: recollection.hasForgotten || recollection.newest('cookie', isOwn) !== undefined,
    ...recallCode(exchange, recollection),
    reuse: recallReuse(recollection, isSameClient, now),
  }
}

/** Whose code was sent in place of this login's own. */
function recallCode(
  { web, req, session }: Exchange,
  recollection: Recollection,
): Pick<RecalledFacts, 'codeOf' | 'openedAt'> {
  const own = session.stage === 'otp_pending' ? session.challengeId : undefined
  const openedAt = recollection.newest('cookie', ({ challengeId }) => challengeId === own)?.at
  const code = (req as { body?: { otp?: unknown } }).body?.otp
  if (own === undefined || typeof code !== 'string') return { codeOf: undefined, openedAt }
  const source = recollection.newest(
    'cookie',
    ({ challengeId }) =>
      challengeId !== undefined && challengeId !== own && web.gate.emailOtp.matches(challengeId, code),
  )
  if (!source) return { codeOf: undefined, openedAt }
  const isOfSameAccount =
    source.accountId !== null && 'accountId' in session && source.accountId === session.accountId
  const isOlder = isOfSameAccount && source.at <= (openedAt ?? Number.POSITIVE_INFINITY)
  return { codeOf: { whose: isOlder ? 'older' : 'other', openedAt: source.at }, openedAt }
}

/** The reuse that this refusal is about was noted a moment ago, by the event of it. */
function recallReuse(
  recollection: Recollection,
  isSameClient: (entry: { address: string; device: string }) => boolean,
  now: number,
): RecalledFacts['reuse'] {
  const reuse = recollection.newest('refresh', (entry) => entry.isReuse && isSameClient(entry))
  const rotation =
    reuse && recollection.newest('refresh', (entry) => !entry.isReuse && entry.sessionId === reuse.sessionId)
  if (!rotation) return undefined
  return { isOtherClient: !isSameClient(rotation), secondsSinceRotation: (now - rotation.at) / 1_000 }
}
