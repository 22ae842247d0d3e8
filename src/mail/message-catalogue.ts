export type MailKind = 'login_code' | 'code_locked' | 'refresh_reused'

/** The words of one mail. `{name}` is replaced by a value; a paragraph with `{code}` shows the code in large type. */
export type MailWords = { subject: string; paragraphs: string[] }

/** One language is one object of this shape: plain data, with the same placeholders as English. */
export type MailLanguage = Record<MailKind, MailWords> & {
  /** Per plural category of Intl.PluralRules. */
  minutes: { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>
  unknownDevice: string
}

const en: MailLanguage = {
  login_code: {
    subject: '{code} is your {productName} code',
    paragraphs: [
      'Your code is: {code}',
      'Expires in {lifetime}. Asked for at {askedAt} from {device}.',
      'Not you? Somebody knows your password: change it.',
    ],
  },
  code_locked: {
    subject: 'Too many wrong codes for your {productName} account',
    paragraphs: [
      'Too many wrong codes were entered for your account. To protect it, every code is refused until {lockedUntil}.',
      'Not you? Somebody knows your password: change it.',
    ],
  },
  refresh_reused: {
    subject: 'A {productName} session of yours was ended',
    paragraphs: [
      'A copied refresh token of your account was used on {usedAt}. Everything that belongs to that session was ended.',
      'Log in again to go on. If this happens again, somebody can read what that device or app stores.',
    ],
  },
  minutes: { one: '{count} minute', other: '{count} minutes' },
  unknownDevice: 'an unknown client',
}

export const mailLanguages: Record<string, MailLanguage> = { en }
