import { randomBytes } from 'node:crypto'
import { createEmailOtp } from '../../factors/email-otp.ts'
import { createAccount, removeAccount } from '../../flow/accounts.ts'
import type { Email } from '../../utils/email.ts'
import { CommandFailure } from '../failure.ts'
import { type Desk, sealTrail } from '../open-desk.ts'
import { generatePassword } from '../password.ts'

export type Throwaway = {
  email: Email
  password: string
  /** As the server makes it, from the challenge that the login opened; `undefined` where this store has no such session. */
  codeOf(sessionId: string): Promise<string | undefined>
}

/** Nobody has a mailbox there (RFC 6761), and the server sends nothing to it. */
const domain = '@doctor.invalid'
const prefix = 'sallyport-doctor-'
const leftAfterMs = 10 * 60_000

/** Lends an account that is gone afterwards, whatever happens to `work`. Its audit entries stay. */
export async function withThrowaway<Result>(
  desk: Desk,
  work: (account: Throwaway) => Promise<Result>,
): Promise<Result> {
  await removeLeftovers(desk)
  const email = `${prefix}${randomBytes(9).toString('hex')}${domain}` as Email
  const password = generatePassword()
  const created = await createAccount(desk, { email, password, by: 'command' })
  if (!created) throw new CommandFailure('The throwaway account could not be made: run this again.')
  try {
    return await work({ email, password, codeOf: (sessionId) => codeOf(desk, sessionId) })
  } finally {
    await remove(desk, created.id, email)
  }
}

async function codeOf({ stores, keysFor, settings }: Desk, sessionId: string): Promise<string | undefined> {
  const session = await stores.read.sessions.find(sessionId)
  if (!session?.challengeId) return undefined
  const emailOtp = createEmailOtp({ keys: keysFor('one-time codes'), length: settings.otpLength })
  return emailOtp.codeOf(session.challengeId)
}

async function remove(desk: Desk, id: string, email: string): Promise<void> {
  try {
    const account = await desk.stores.read.accounts.find(id)
    if (account) await removeAccount(desk, account)
    await sealTrail(desk.stores).catch(() => {})
  } catch (reason) {
    throw new CommandFailure(
      `The throwaway account is still there (${(reason as Error).message}). Remove it: sallyport user delete ${email} --yes`,
    )
  }
}

/** Of a doctor that was killed. One that runs at this moment keeps its own. */
async function removeLeftovers(desk: Desk): Promise<void> {
  const page = await desk.stores.read.accounts.list({ afterEmail: prefix, limit: 100 })
  const isLeft = ({ email, createdAt }: { email: string; createdAt: number }) =>
    email.startsWith(prefix) && email.endsWith(domain) && createdAt < desk.clock.now() - leftAfterMs
  for (const { id, email } of page.filter(isLeft)) await remove(desk, id, email)
}
