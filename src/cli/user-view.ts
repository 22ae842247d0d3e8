import type { AccountRecord } from '../stores/accounts.ts'
import type { Stores } from '../stores/stores.ts'
import { systemClock } from '../utils/clock.ts'
import { print, tell } from './output.ts'

export type UserView = {
  id: string
  email: string
  /** `locked`: codes are refused for some time, see `lockedUntil`. */
  state: 'active' | 'disabled' | 'locked'
  createdAt: string
  disabledAt: string | null
  lockedUntil: string | null
}

/** One account a line, and written page by page: a million of them never has to fit into memory. */
export async function listUsers(stores: Stores, json: boolean): Promise<void> {
  const now = systemClock.now()
  let count = 0
  for await (const account of allAccounts(stores)) {
    const view = viewUser(account, now)
    if (json) process.stdout.write(`${count === 0 ? '[' : ','}\n  ${JSON.stringify(view)}`)
    else print(`${view.state.padEnd(8)}  ${view.createdAt}  ${view.id}  ${view.email}`)
    count += 1
  }
  if (json) print(count === 0 ? '[]' : '\n]')
  else tell(count === 0 ? 'No accounts yet. Create one: sallyport user create <email>' : counted(count))
}

export function viewUser(
  { id, email, createdAt, disabledAt, codeTally }: AccountRecord,
  now: number,
): UserView {
  const isLocked = codeTally.lockedUntil > now
  return {
    id,
    email,
    state: disabledAt !== null ? 'disabled' : isLocked ? 'locked' : 'active',
    createdAt: new Date(createdAt).toISOString(),
    disabledAt: disabledAt === null ? null : new Date(disabledAt).toISOString(),
    lockedUntil: isLocked ? new Date(codeTally.lockedUntil).toISOString() : null,
  }
}

async function* allAccounts({ read }: Stores): AsyncGenerator<AccountRecord> {
  let afterEmail = ''
  for (;;) {
    const page = await read.accounts.list({ afterEmail, limit: 1_000 })
    yield* page
    const last = page.at(-1)
    if (!last) return
    afterEmail = last.email
  }
}

function counted(count: number): string {
  return count === 1 ? '1 account.' : `${count} accounts.`
}
