import { accountEntries } from './entries/accounts.ts'
import { serverEntries } from './entries/server.ts'
import { storeAndMailEntries } from './entries/stores-and-mail.ts'
import { tokenAndCodeEntries } from './entries/tokens-and-codes.ts'
import type { Entry } from './entry.ts'

export const entryGroups = {
  'The server': serverEntries,
  'Stores and mail': storeAndMailEntries,
  'Sessions, tokens and codes': tokenAndCodeEntries,
  Accounts: accountEntries,
} as const

const entries = {
  ...serverEntries,
  ...storeAndMailEntries,
  ...tokenAndCodeEntries,
  ...accountEntries,
} as const

/** Every setting with its name, in the order of the docs. */
export const entryList: [name: string, entry: Entry<unknown>][] = Object.entries(entries)

/** Every setting's value: always there where a default is written down, else only when it was set. */
export type Values = { [Name in keyof typeof entries]: ValueOf<(typeof entries)[Name]> }

type ValueOf<E> =
  E extends Entry<infer Value> ? (E extends { default: string } ? Value : Value | undefined) : never
