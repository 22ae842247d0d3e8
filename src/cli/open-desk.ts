import { existsSync } from 'node:fs'
import { readText } from '../config/read-text.ts'
import { readSettings, type Settings } from '../config/settings.ts'
import type { AccountDesk } from '../flow/accounts.ts'
import { createEvents } from '../flow/events.ts'
import { createPasswordHasher } from '../passwords/hash.ts'
import { createPasswordPolicy, type PasswordPolicy } from '../passwords/policy.ts'
import type { Database } from '../stores/database.ts'
import { migrate } from '../stores/migrations/migrations.ts'
import { createStores, openDatabase, type Stores } from '../stores/stores.ts'
import { openPrivateKey } from '../tokens/sealed-key.ts'
import { systemClock } from '../utils/clock.ts'
import { createMailedCodes, type MailedCodes } from '../utils/mailed-code.ts'
import { deriveKey } from '../utils/secret.ts'
import { CommandFailure, exitCodes } from './failure.ts'
import { tell } from './output.ts'

export type Keys = [Buffer, ...Buffer[]]

/** The store and what an act of an operator needs; `keysFor` derives as the server does. */
export type Desk = AccountDesk & {
  settings: Settings
  keysFor(label: string): Keys
  policy: PasswordPolicy
  mailedCodes: MailedCodes
}

/** For acts, which leave signed entries in the audit trail. */
export async function actAtDesk<Result>(work: (desk: Desk) => Promise<Result>): Promise<Result> {
  return withDesk(async (desk) => {
    const result = await work(desk)
    // The act is durable already; where this fails, the server does it at its next turn.
    await sealTrail(desk.stores).catch(() => {})
    return result
  })
}

/** For what depends on the server's own secret: with another, whole entries look forged and keys stay shut. */
export async function withDesk<Result>(work: (desk: Desk) => Promise<Result>): Promise<Result> {
  const { settings, hasSecret } = readOperatorSettings()
  if (!hasSecret) throw new CommandFailure(missingSecret, exitCodes.configuration)
  return withDatabase(settings, async (database) => {
    await migrate(database)
    const desk = deskOver(settings, database)
    await checkSecret(desk.stores, desk.keysFor('signing keys'))
    return work(desk)
  })
}

/** A desk at a store as it is: nothing is migrated, and nothing tells whether the secret is the server's own. */
export function deskOver(settings: Settings, database: Database): Desk {
  const keysFor = (label: string) => settings.sessionSecrets.map((secret) => deriveKey(secret, label)) as Keys
  return {
    settings,
    keysFor,
    stores: createStores(database, keysFor('audit')),
    clock: systemClock,
    passwords: createPasswordHasher(),
    policy: createPasswordPolicy({
      productName: 'Sallyport',
      publicUrl: settings.publicUrl,
      breached: settings.breachedPasswords,
      onEvent: () => tell('The breach list did not answer: the bundled list decided alone.'),
    }),
    mailedCodes: createMailedCodes(keysFor('mailed codes')[0]),
    // What listens to events is the server. Its audit trail has them from the same transaction.
    events: createEvents(() => {}),
  }
}

/** For reading, which needs no secret. */
export async function withStores<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> {
  const { settings } = readOperatorSettings()
  return withDatabase(settings, async (database) => {
    await migrate(database)
    return work(createStores(database, [deriveKey(settings.sessionSecrets[0], 'audit')]))
  })
}

/** Beside a running server too: the lock that keeps a second server away is not asked for. */
export async function withDatabase<Result>(
  settings: Settings,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  if (settings.database.kind === 'memory') throw new CommandFailure(memoryStore, exitCodes.configuration)
  const database = openDatabase(settings.database, { sync: settings.databaseSync, onFault: () => {} })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/**
 * As lenient as development unless NODE_ENV says otherwise: a command sends no mail and answers nobody, so what the server must
 * not run with (no SMTP_URL, a plain PUBLIC_URL) is no reason to refuse it.
 */
export function readOperatorSettings(): { settings: Settings; hasSecret: boolean } {
  loadEnvironment()
  const { settings } = readSettings(process.env, 'development')
  return { settings, hasSecret: hasOwnSecret() }
}

export function loadEnvironment(): void {
  if (existsSync('.env')) process.loadEnvFile()
}

/** Without one, development makes up a secret for the run, which no server shares. */
export function hasOwnSecret(): boolean {
  return readText(process.env, 'SESSION_SECRET', true).text !== undefined
}

/** Throws `SigningKeyLocked` when the store's newest key was sealed by a server with another secret. A revoked one needs none. */
async function checkSecret(stores: Stores, sealingKeys: Keys): Promise<void> {
  const newest = (await stores.read.signingKeys.list()).findLast(({ revokedAt }) => revokedAt === null)
  if (newest) openPrivateKey(newest.sealedPrivateJwk, newest.kid, sealingKeys)
}

/** Without a server nobody else would do it, and an entry that is not sealed can be removed without a trace. */
export async function sealTrail(stores: Stores): Promise<void> {
  if (await stores.read.audit.hasPending()) await stores.atomically(({ audit }) => audit.seal(500))
}

const missingSecret =
  'SESSION_SECRET is not set, and there is no .env here that sets it: this command signs with it. ' +
  "Run the command in the server's directory, or set SESSION_SECRET (or SESSION_SECRET_FILE) to the server's own."
const memoryStore =
  'DATABASE_URL is memory: such a store lives inside the server, where no command reaches it. ' +
  'Leave it out for the embedded store, or name a Postgres.'
