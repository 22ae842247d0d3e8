import { de } from './languages/de.ts'
import { en } from './languages/en.ts'

/** Codes first, then what their owner is told of (ASVS 6.3.5, 6.3.7). */
export const mailKinds = [
  'login_code',
  'registration_code',
  'reset_code',
  'step_up_code',
  'email_change_code',
  'invitation',
  'address_taken',
  'new_device',
  'login_after_failures',
  'code_locked',
  'refresh_reused',
  'password_changed',
  'email_changed',
  'email_change_undone',
  'account_deleted',
] as const

export type MailKind = (typeof mailKinds)[number]

/** The words of one mail. `{name}` is replaced by a value; a paragraph with `{code}` shows the code in large type. */
export type MailWords = { subject: string; paragraphs: string[] }

/** One form per plural category of Intl.PluralRules, each with `{count}`. */
export type CountedWords = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>

/** One language is one object of this shape: plain data, with the same placeholders as English. */
export type MailLanguage = {
  mails: Record<MailKind, MailWords>
  minutes: CountedWords
  hours: CountedWords
  days: CountedWords
  wrongPasswords: CountedWords
  dateAndTime: string
  browserOnSystem: string
  unknownDevice: string
}

export const mailLanguages: Record<string, MailLanguage> = { en, de }
