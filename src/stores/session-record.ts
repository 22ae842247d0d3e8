import type { ChallengePurpose } from './challenges.ts'
import type { Row } from './database.ts'

export type EndReason =
  | 'logged_out'
  | 'idle'
  | 'absolute'
  | 'revoked'
  | 'password_changed'
  | 'replaced'
  | 'disabled'

/** A session as it is stored: one row per session id, kept as a tombstone after its end. */
export type SessionRecord = {
  /** The public handle (`sid` in tokens, `sessionId` in bodies). It opens nothing. */
  id: string
  /** Both `null` while no account stands behind it: a registration, a reset. */
  accountId: string | null
  email: string | null
  stage: 'otp_pending' | 'verified'
  challengeId: string | null
  challengePurpose: ChallengePurpose
  /** The trusted device that took the place of the code. */
  deviceId: string | null
  flowId: string
  amr: string[]
  /** ms; when the last factor was verified */
  authTime: number
  device: string
  address: string
  createdAt: number
  lastSeenAt: number
  idleExpiresAt: number
  expiresAt: number
  endedAt: number | null
  endedBecause: EndReason | null
  /** The device that ended it, where it was another one. */
  endedFrom: string | null
  accountDisabledAt: number | null
  /** The account's own claims, as JSON. */
  claims: string
  refresh: { family: string; generation: number; rotatedAt: number; expiresAt: number } | null
  /** What an embedding application keeps in `req.session`, as JSON. */
  data: string
  dataSavedAt: number
}

/** Named one by one, so that a column that a newer version adds changes nothing for the statements of this one. */
const columns = [
  'id',
  'account_id',
  'stage',
  'challenge_id',
  'challenge_purpose',
  'device_id',
  'flow_id',
  'amr',
  'auth_time',
  'device',
  'address',
  'created_at',
  'last_seen_at',
  'idle_expires_at',
  'expires_at',
  'ended_at',
  'ended_because',
  'ended_from',
  'data',
  'data_saved_at',
  'refresh_family',
  'refresh_generation',
  'refresh_rotated_at',
  'refresh_expires_at',
]

/** A session with what its account says. */
export const selectSession = `select ${columns.map((column) => `s.${column}`).join(', ')},
  a.email, a.disabled_at as account_disabled_at, a.claims
  from sessions s left join accounts a on a.id = s.account_id`

/** The same after a change of the row itself; of its account only the claims are asked. */
export const returningSession = `returning ${columns.join(', ')}, null as email, null as account_disabled_at,
  (select a.claims from accounts a where a.id = account_id) as claims`

export function toSession(row: Row): SessionRecord {
  const family = row.refresh_family as string | null
  return {
    id: row.id as string,
    accountId: row.account_id as string | null,
    email: row.email as string | null,
    stage: row.stage as SessionRecord['stage'],
    challengeId: row.challenge_id as string | null,
    challengePurpose: row.challenge_purpose as ChallengePurpose,
    deviceId: row.device_id as string | null,
    flowId: row.flow_id as string,
    amr: (row.amr as string).split(' ').filter(Boolean),
    authTime: row.auth_time as number,
    device: row.device as string,
    address: row.address as string,
    createdAt: row.created_at as number,
    lastSeenAt: row.last_seen_at as number,
    idleExpiresAt: row.idle_expires_at as number,
    expiresAt: row.expires_at as number,
    endedAt: row.ended_at as number | null,
    endedBecause: row.ended_because as EndReason | null,
    endedFrom: row.ended_from as string | null,
    accountDisabledAt: row.account_disabled_at as number | null,
    claims: (row.claims as string | null) ?? '{}',
    refresh:
      family === null
        ? null
        : {
            family,
            generation: row.refresh_generation as number,
            rotatedAt: row.refresh_rotated_at as number,
            expiresAt: row.refresh_expires_at as number,
          },
    data: row.data as string,
    dataSavedAt: row.data_saved_at as number,
  }
}
