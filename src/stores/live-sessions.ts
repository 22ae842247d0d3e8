import type { SecretHash } from '../utils/secret.ts'
import type { Database } from './database.ts'
import type { Redis } from './redis.ts'
import { type SessionRecord, sessionsOver } from './sessions.ts'

/**
 * What every request with a cookie needs. SQL says whether a session is alive, always; Redis, where there is one, takes the
 * writes that come with every request (last seen, an application's own data), so a flush costs data, never safety (D9).
 */
export interface LiveSessions {
  load(hash: SecretHash): Promise<SessionRecord | undefined>
  /** Moves the idle limit on; cheap, written later, in one act for everybody. */
  touch(hash: SecretHash, session: SessionRecord, now: number): void
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
      if (!redis) return sessions.findBySecret(hash)
      const [session, working] = await Promise.all([sessions.findBySecret(hash), readWorking(redis, hash)])
      return session && working ? withWorking(session, working, idleTtlMs) : session
    },

    touch(hash, session, now) {
      if (now - session.lastSeenAt < stepMs) return
      const sqlSeenAt = session.idleExpiresAt - idleTtlMs
      if (!redis || now - sqlSeenAt >= sqlStepMs) gathered.set(session.id, now)
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

function withWorking(session: SessionRecord, working: Working, idleTtlMs: number): SessionRecord {
  const newer = working.savedAt > session.dataSavedAt
  return {
    ...session,
    lastSeenAt: Math.max(session.lastSeenAt, working.seenAt),
    idleExpiresAt: Math.max(session.idleExpiresAt, Math.min(working.seenAt + idleTtlMs, session.expiresAt)),
    data: newer ? working.data : session.data,
    dataSavedAt: newer ? working.savedAt : session.dataSavedAt,
  }
}
