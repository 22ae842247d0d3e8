import { developmentAccount } from './dev-tools.ts'
import { createAccount } from './flow/accounts.ts'
import type { Sallyport } from './sallyport.ts'
import { canonicalEmail, type Email } from './utils/email.ts'

export { developmentAccount }

/** Creates it in an empty store. `undefined` when the store has accounts already and this isn't one of them. */
export async function createDevelopmentAccount(
  sallyport: Sallyport,
): Promise<typeof developmentAccount | undefined> {
  const { gate } = sallyport.inside
  const email = canonicalEmail(developmentAccount.email) as Email
  if (!(await gate.stores.read.accounts.exist())) {
    await createAccount(gate, { email, password: developmentAccount.password, by: 'development' })
    return developmentAccount
  }
  return (await gate.stores.read.accounts.findByEmail(email)) ? developmentAccount : undefined
}
