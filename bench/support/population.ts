/** Accounts and sessions put into a store by its own acts: through the doors each would cost a password hash. */
import { migrate } from '../../src/stores/migrations/migrations.ts'
import {
  type Acts,
  createStores,
  type DatabaseChoice,
  openDatabase,
  type Stores,
} from '../../src/stores/stores.ts'
import { createId, createSecret, hashSecret } from '../../src/utils/secret.ts'
import { codeOf, cookieOf, keysFor, knownBrowserOf } from './secrets.ts'

export type Account = { id: string; email: string }
export type PendingLogin = { cookie: string; otp: string }
export type PreparedStore = Stores & { close(): Promise<void> }

const hourMs = 3_600_000
/** Acts in one transaction: the server beside us never waits long. */
const batchSize = 500
const sideBySide = 6

export async function openStore(choice: DatabaseChoice): Promise<PreparedStore> {
  const database = openDatabase(choice, { sync: 'full', onFault: () => {} })
  await migrate(database)
  return { ...createStores(database, keysFor('audit')), close: () => database.close() }
}

export function accountNumber(index: number): Account {
  return { id: createId('acc'), email: `user${index}@bench.example` }
}

export async function createAccounts(
  stores: Stores,
  count: number,
  passwordHash: string,
): Promise<Account[]> {
  const accounts = Array.from({ length: count }, (_, index) => accountNumber(index))
  await inBatches(stores, accounts, ({ accounts }, account) =>
    accounts.create({ ...account, passwordHash, now: Date.now() }),
  )
  return accounts
}

/** The cookies of sessions that are past both doors, one an account. */
export async function openVerified(stores: Stores, accounts: Account[]): Promise<string[]> {
  return inBatches(stores, accounts, async ({ sessions }, account) => {
    const secret = createSecret()
    await sessions.open({
      ...newSession(account, secret),
      stage: 'verified',
      challengeId: null,
      amr: ['pwd', 'otp'],
    })
    return cookieOf(secret)
  })
}

/** Logins that wait for their code, spread over the accounts. */
export async function openPending(
  stores: Stores,
  accounts: Account[],
  count: number,
): Promise<PendingLogin[]> {
  const first = Math.floor(Math.random() * accounts.length)
  const owners = Array.from(
    { length: count },
    (_, index) => accounts[(first + index) % accounts.length] as Account,
  )
  const opened = await inBatches(stores, owners, async ({ challenges, sessions }, account) => {
    const secret = createSecret()
    const now = Date.now()
    const challengeId = createId('chl')
    await challenges.open({
      id: challengeId,
      accountId: account.id,
      now,
      expiresAt: now + hourMs,
      attempts: 5,
    })
    await sessions.open({
      ...newSession(account, secret),
      stage: 'otp_pending',
      challengeId,
      amr: ['pwd'],
    })
    return { cookie: `${cookieOf(secret)}; ${knownBrowserOf(account.email)}`, otp: codeOf(challengeId) }
  })
  await settleDisk(stores)
  return opened
}

/** Forgotten passwords that wait for their code, one an account: a reset ends the others of its account. */
export async function openResets(stores: Stores, accounts: Account[]): Promise<PendingLogin[]> {
  return inBatches(stores, accounts, async ({ challenges, sessions }, account) => {
    const secret = createSecret()
    const now = Date.now()
    const challengeId = createId('chl')
    const challenge = {
      id: challengeId,
      purpose: 'reset' as const,
      accountId: account.id,
      email: account.email,
    }
    await challenges.open({ ...challenge, now, expiresAt: now + hourMs, attempts: 5 })
    await sessions.open({
      ...newSession(account, secret),
      accountId: null,
      stage: 'otp_pending',
      challengeId,
      challengePurpose: 'reset',
      amr: [],
    })
    return { cookie: cookieOf(secret), otp: codeOf(challengeId) }
  })
}

/** The secrets of browsers that are trusted, one an account. */
export async function trustDevices(stores: Stores, accounts: Account[]): Promise<string[]> {
  return inBatches(stores, accounts, async ({ trustedDevices }, { id: accountId }) => {
    const secret = createSecret()
    const createdAt = Date.now()
    const device = { device: 'Firefox on Linux', address: '127.0.0.1', name: 'bench' }
    const times = { createdAt, expiresAt: createdAt + 24 * hourMs }
    await trustedDevices.trust({
      id: createId('dev'),
      secretHash: hashSecret(secret),
      accountId,
      ...device,
      ...times,
    })
    return secret
  })
}

function newSession(account: Account, secret: string) {
  const now = Date.now()
  return {
    id: createId('ses'),
    secretHash: hashSecret(secret),
    accountId: account.id,
    flowId: '7Q2M-K4XD',
    authTime: now,
    device: 'Firefox on Linux',
    address: '127.0.0.1',
    now,
    idleExpiresAt: now + hourMs,
    expiresAt: now + 24 * hourMs,
  }
}

async function inBatches<Item, Result>(
  stores: Stores,
  items: Item[],
  work: (acts: Acts, item: Item) => Promise<Result>,
): Promise<Result[]> {
  const batches = Array.from({ length: Math.ceil(items.length / batchSize) }, (_, index) =>
    items.slice(index * batchSize, (index + 1) * batchSize),
  )
  const results: Result[][] = []
  const workers = Array.from({ length: sideBySide }, async (_, worker) => {
    for (let index = worker; index < batches.length; index += sideBySide) {
      results[index] = await stores.atomically(async (acts) => {
        const made: Result[] = []
        for (const item of batches[index] as Item[]) made.push(await work(acts, item))
        return made
      })
    }
  })
  await Promise.all(workers)
  return results.flat()
}

/** What the preparation wrote goes to the disk now, not in the measured time. */
async function settleDisk({ database }: Stores): Promise<void> {
  if (database.engine === 'sqlite') await database.read('pragma wal_checkpoint(passive)')
}
