import { writeClaims } from '../../flow/account-claims.ts'
import type { PasswordHasher } from '../../passwords/hash.ts'
import { findHashFault } from '../../passwords/hash.ts'
import { Problem } from '../../problems/problem.ts'
import type { ImportedAccount } from '../../stores/account-imports.ts'
import type { Email } from '../../utils/email.ts'
import { createId } from '../../utils/secret.ts'
import { RefusedRow, type SourceAccount } from './source-account.ts'

/** The rules for a password that stands in a file in the clear. Throws the Problem `password_rejected`. */
export type CheckPassword = (password: string, about: { email: string }) => Promise<void>

/** An account that may be created, still without the hash of a password in the clear: that takes long, and comes when it is needed. */
export type CheckedAccount = Omit<ImportedAccount, 'passwordHash'> & { secret: Secret }
type Secret = { passwordHash: string } | { password: string }

export async function checkAccount(
  source: SourceAccount,
  email: Email | undefined,
  { now, checkPassword }: { now: number; checkPassword: CheckPassword },
): Promise<CheckedAccount> {
  if (!email) throw new RefusedRow('its address is none that mail can be sent to, such as name@example.org')
  if (source.id !== undefined && !ownId.test(source.id)) throw new RefusedRow('its id is none of Sallyport')
  return {
    id: source.id ?? createId('acc'),
    email,
    createdAt: source.createdAt ?? now,
    disabledAt: source.disabledAt ?? null,
    claims: checkClaims(source.claims),
    secret: await checkSecret(source, email, checkPassword),
  }
}

export async function hashSecret(
  { secret, ...account }: CheckedAccount,
  passwords: PasswordHasher,
): Promise<ImportedAccount> {
  const passwordHash = 'passwordHash' in secret ? secret.passwordHash : await passwords.hash(secret.password)
  return { ...account, passwordHash }
}

function checkClaims(claims: Record<string, unknown> = {}): string {
  try {
    return writeClaims(claims)
  } catch (reason) {
    if (reason instanceof Problem) throw new RefusedRow(`its claims are refused. ${reason.message}`)
    throw reason
  }
}

const ownId = /^acc_[\w-]{22}$/

async function checkSecret(
  { passwordHash, password }: SourceAccount,
  email: string,
  checkPassword: CheckPassword,
): Promise<Secret> {
  if (passwordHash !== undefined && password !== undefined) {
    throw new RefusedRow('it has a password and a hash, and only one of them can be right')
  }
  if (passwordHash !== undefined) {
    const fault = await findHashFault(passwordHash)
    if (fault !== undefined) throw new RefusedRow(fault)
    return { passwordHash }
  }
  if (password === undefined) throw new RefusedRow('it has no password: nobody could log in to it')
  await checkPassword(password, { email }).catch((reason: unknown) => {
    throw reason instanceof Problem && reason.code === 'password_rejected'
      ? new RefusedRow(reason.message)
      : reason
  })
  return { password }
}
