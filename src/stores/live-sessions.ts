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
      if (!redis) {
        const session = await sessions.findBySecret(hash)
        return session && Object.assign(session, { sqlIdleExpiresAt: session.idleExpiresAt })
      }
      const [session, working] = await Promise.all([sessions.findBySecret(hash), readWorking(redis, hash)])
      return session && withWorking(session, working, idleTtlMs)
    },

    touch(hash, session, now) {
      // Not lastSeenAt: a refresh moves that on, and leaves the idle limit of the cookie where it is.
      const cookieSeenAt = session.idleExpiresAt - idleTtlMs
      if (now - cookieSeenAt < stepMs) return
      if (!redis || now - (session.sqlIdleExpiresAt - idleTtlMs) >= sqlStepMs) gathered.set(session.id, now)
      if (redis) void write(redis, seenKey(hash), String(now), idleTtlMs)
    },

    async keepData(hash, data, now) {
      if (redis) {
        const session = await sessions.findBySecret(hash)
        if (!session || session.endedAt !== null) return
        if (await write(redis, dataKey(hash), JSON.stringify({ data, savedAt: now }), idleTtlMs)) return
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

type Working = { seenAt: number; kept?: { data: string; savedAt: number } }

/** Two keys: a request that only came by must not write back data that it read before another saved new. */
const seenKey = (hash: SecretHash) => `sallyport:session:${hash}:seen`
const dataKey = (hash: SecretHash) => `sallyport:session:${hash}:data`

async function readWorking(redis: Redis, hash: SecretHash): Promise<Working | undefined> {
  const asked = await redis.ask((commands) =>
    Promise.all([commands.get(seenKey(hash)), commands.get(dataKey(hash))]),
  )
  if (!asked) return undefined
  const [seenAt, kept] = asked.answer
  return { seenAt: Number(seenAt ?? 0), ...(kept ? { kept: JSON.parse(kept) } : {}) }
}

async function write(redis: Redis, key: string, text: string, ttlMs: number): Promise<boolean> {
  return (await redis.ask((commands) => commands.set(key, text, { PX: Math.ceil(ttlMs) }))) !== undefined
}

function withWorking(session: SessionRecord, working: Working | undefined, idleTtlMs: number): LiveSession {
  const sqlIdleExpiresAt = session.idleExpiresAt
  if (!working) return { ...session, sqlIdleExpiresAt }
  const { kept } = working
  const newer = kept !== undefined && kept.savedAt > session.dataSavedAt
  return {
    ...session,
    sqlIdleExpiresAt,
    lastSeenAt: Math.max(session.lastSeenAt, working.seenAt),
    idleExpiresAt: Math.max(session.idleExpiresAt, Math.min(working.seenAt + idleTtlMs, session.expiresAt)),
    data: newer ? kept.data : session.data,
    dataSavedAt: newer ? kept.savedAt : session.dataSavedAt,
  }
}
