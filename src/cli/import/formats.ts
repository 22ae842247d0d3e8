import { djangoToStoredHash, toStoredHash } from '../../passwords/foreign-spellings.ts'
import { auth0Hash } from './auth0-hash.ts'
import { addressOf, type Fields, flagOf, idOf, objectOf, textOf, timeOf } from './fields.ts'
import { type FirebaseParameters, firebaseHash } from './firebase-hash.ts'
import { type PassportParameters, passportHash } from './passport-hash.ts'
import type { Spelling } from './rows.ts'
import type { SourceAccount } from './source-account.ts'

/** What a source does not write into its rows. */
export type ImportParameters = { firebase: FirebaseParameters | undefined; passport: PassportParameters }

export type ImportFormat = {
  spellings: readonly Spelling[]
  read(fields: Fields, parameters: ImportParameters, now: number): SourceAccount
}

/** One entry per source: which columns of it are an account. docs/migrating.md tells how each file is made. */
export const importFormats = {
  csv: { spellings: ['csv'], read: readOwn },
  json: { spellings: ['json'], read: readOwn },
  auth0: { spellings: ['json'], read: readAuth0 },
  firebase: { spellings: ['json'], read: readFirebase },
  supabase: { spellings: ['csv', 'json'], read: readSupabase },
  passport: { spellings: ['csv', 'json'], read: readPassport },
  django: { spellings: ['csv', 'json'], read: readDjango },
} satisfies Record<string, ImportFormat>

export type FormatName = keyof typeof importFormats

function readOwn(fields: Fields, _: ImportParameters, now: number): SourceAccount {
  return {
    id: textOf(fields, 'id'),
    email: addressOf(fields, 'email'),
    passwordHash: stored(textOf(fields, 'passwordHash')),
    password: textOf(fields, 'password'),
    createdAt: timeOf(fields, 'createdAt'),
    disabledAt: timeOf(fields, 'disabledAt') ?? since(flagOf(fields, 'disabled'), now),
    claims: objectOf(fields, 'claims'),
  }
}

function readAuth0(fields: Fields, _: ImportParameters, now: number): SourceAccount {
  const hash = textOf(fields, 'passwordHash', 'password_hash')
  return {
    sourceId: idOf(fields, 'user_id', '_id'),
    email: addressOf(fields, 'email'),
    passwordHash: stored(hash) ?? auth0Hash(fields.custom_password_hash),
    createdAt: timeOf(fields, 'created_at'),
    disabledAt: since(flagOf(fields, 'blocked'), now),
  }
}

function readFirebase(fields: Fields, { firebase }: ImportParameters, now: number): SourceAccount {
  return {
    sourceId: idOf(fields, 'localId'),
    email: addressOf(fields, 'email'),
    passwordHash: firebaseHash(textOf(fields, 'passwordHash'), textOf(fields, 'salt'), firebase),
    createdAt: timeOf(fields, 'createdAt'),
    disabledAt: since(flagOf(fields, 'disabled'), now),
  }
}

function readSupabase(fields: Fields, _: ImportParameters, now: number): SourceAccount {
  const bannedUntil = timeOf(fields, 'banned_until')
  return {
    sourceId: idOf(fields, 'id'),
    email: addressOf(fields, 'email'),
    passwordHash: stored(textOf(fields, 'encrypted_password')),
    createdAt: timeOf(fields, 'created_at'),
    disabledAt: timeOf(fields, 'deleted_at') ?? since(bannedUntil !== undefined && bannedUntil > now, now),
  }
}

function readPassport(fields: Fields, { passport }: ImportParameters, now: number): SourceAccount {
  const hash = passportHash(textOf(fields, 'hash'), textOf(fields, 'salt'), passport)
  return {
    sourceId: idOf(fields, '_id', 'id'),
    email: addressOf(fields, 'email', 'username'),
    passwordHash: hash ?? stored(textOf(fields, 'password')),
    createdAt: timeOf(fields, 'createdAt'),
    disabledAt: since(flagOf(fields, 'disabled'), now),
  }
}

/** Of `dumpdata`, where the columns are `fields`, or of a query. */
function readDjango(row: Fields, _: ImportParameters, now: number): SourceAccount {
  const isDump = typeof row.fields === 'object' && row.fields !== null
  const fields = isDump ? (row.fields as Fields) : row
  const hash = textOf(fields, 'password')
  return {
    sourceId: idOf(row, 'pk', 'id'),
    email: addressOf(fields, 'email', 'username'),
    // Django marks accounts that must not log in with a password by `!` and random letters.
    passwordHash: hash === undefined || hash.startsWith('!') ? undefined : djangoToStoredHash(hash),
    createdAt: timeOf(fields, 'date_joined'),
    disabledAt: since(flagOf(fields, 'is_active') === false, now),
  }
}

function stored(hash: string | undefined): string | undefined {
  return hash === undefined ? undefined : toStoredHash(hash)
}

function since(isDisabled: boolean | undefined, now: number): number | undefined {
  return isDisabled ? now : undefined
}
