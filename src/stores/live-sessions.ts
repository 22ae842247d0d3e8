import type { SecretHash } from '../utils/secret.ts'
import type { Database } from './database.ts'
import type { Redis } from './redis.ts'
import type { SessionRecord } from './session-record.ts'
import { sessionsOver } from './sessions.ts'

/** A session, and how far its row alone has the idle limit: Redis may be ahead of it. */
export type LiveSession = SessionRecord & { sqlIdleExpiresAt: number }

/**
 * What every request with a cookie needs. SQL says whether a session is alive, always; Redis, where there is one, takes the
 * writes that come with every request (last seen, an application's own data), so a flush costs data, never safety (D9).
 */
export interface LiveSessions {
  load(hash: SecretHash): Promise<LiveSession | undefined>
  /** Moves the idle limit on; cheap, written later, in one act for everybody. */
  touch(hash: SecretHash, session: LiveSession, now: number): void
  /** Does nothing when the session has ended meanwhile (D6). */
  keepData(hash: SecretHash, data: string, now: number): Promise<void>
  /** Writes what `touch` gathered. */
  flush(): Promise<void>
}

export function createLiveSessions(options: {
  database: Database
  redis: Redis | undefined
  idleTtlMs: number
  onFault: (reason: unknown) => void
}): LiveSessions {
  const { database, redis, idleTtlMs, onFault } = options
  const sessions = sessionsOver(database.read)
  // The idle limit is kept to a twentieth, or to a minute; with Redis the SQL row follows at a quarter.
  const stepMs = Math.min(60_000, idleTtlMs / 20)
  const sqlStepMs = redis ? idleTtlMs / 4 : stepMs
  const gathered = new Map<string, number>()

  return {
    async load(hash) {
      const [session, working] = await Promise.all([
        sessions.findBySecret(hash),
        redis ? readWorking(redis, hash) : undefined,
      ])
      return session && withWorking(session, working, idleTtlMs)
    },

    touch(hash, session, now) {
      // Not lastSeenAt: a refresh moves that on, and leaves the idle limit of the cookie where it is.
      const cookieSeenAt = session.idleExpiresAt - idleTtlMs
      if (now - cookieSeenAt < stepMs) return
      if (!redis || now - (session.sqlIdleExpiresAt - idleTtlMs) >= sqlStepMs) gathered.set(session.id, now)
      if (redis)
        void writeWorking(
          redis,
          hash,
          { seenAt: now, data: session.data, savedAt: session.dataSavedAt },
          idleTtlMs,
        )
    },

    async keepData(hash, data, now) {
      if (redis) {
        const session = await sessions.findBySecret(hash)
        if (!session || session.endedAt !== null) return
        if (await writeWorking(redis, hash, { seenAt: now, data, savedAt: now }, idleTtlMs)) return
      }
      await database.atomically(({ run }) => sessionsOver(run).keepData(hash, data, now))
    },

    async flush() {
      if (gathered.size === 0) return
      const batch = [...gathered]
      gathered.clear()
      try {
        await database.atomically(async ({ run }) => {
          // Always in the same order, so that two processes never wait for each other.
          for (const [id, seenAt] of batch.sort())
            await sessionsOver(run).touch(id, seenAt, seenAt + idleTtlMs)
        })
      } catch (reason) {
        onFault(reason)
      }
    },
  }
}

type Working = { seenAt: number; data: string; savedAt: number }

const keyOf = (hash: SecretHash) => `sallyport:session:${hash}`

async function readWorking(redis: Redis, hash: SecretHash): Promise<Working | undefined> {
  const text = (await redis.ask((commands) => commands.get(keyOf(hash))))?.answer
  return text ? (JSON.parse(text) as Working) : undefined
}

async function writeWorking(
  redis: Redis,
  hash: SecretHash,
  working: Working,
  ttlMs: number,
): Promise<boolean> {
  const text = JSON.stringify(working)
  return (
    (await redis.ask((commands) => commands.set(keyOf(hash), text, { PX: Math.ceil(ttlMs) }))) !== undefined
  )
}

function withWorking(session: SessionRecord, working: Working | undefined, idleTtlMs: number): LiveSession {
  const sqlIdleExpiresAt = session.idleExpiresAt
  if (!working) return { ...session, sqlIdleExpiresAt }
  const newer = working.savedAt > session.dataSavedAt
  return {
    ...session,
    sqlIdleExpiresAt,
    lastSeenAt: Math.max(session.lastSeenAt, working.seenAt),
    idleExpiresAt: Math.max(session.idleExpiresAt, Math.min(working.seenAt + idleTtlMs, session.expiresAt)),
    data: newer ? working.data : session.data,
    dataSavedAt: newer ? working.savedAt : session.dataSavedAt,
  }
}
