import type { CauseRow } from '../cause-row.ts'
import type { Facts } from '../facts.ts'

const wait = 'Wait for the seconds in Retry-After, then try again.'
const guessing = `${wait} Only wrong tries count.`
const rightSecret = `${wait} The right secret is let in all the while.`

/** Which limit was reached: those of routes/limits.ts by their names, and what is counted in the store. */
export const limitCauses = [
  ...limited('production', [
    ['login', 5, 'Wrong logins from one network', guessing],
    ['login-wide', 1, 'Wrong logins from one wide network (IPv4 /24, IPv6 /48)', guessing],
    ['login-spread', 2, 'Different addresses that were tried in vain from one network', guessing],
    ['login-account', 5, 'Wrong logins for one address from one network', guessing],
    ['login-browser', 3, 'Wrong logins for one address in one browser', guessing],
    ['login-trusted', 1, 'Logins in one trusted device', wait],
    ['verify-otp', 2, 'Wrong codes from one network', guessing],
    ['otp-resend', 2, 'Requests for a code from one network', wait],
    ['mail', 2, 'Mails that one network asked for', wait],
    ['mail-wide', 1, 'Mails that one wide network asked for', wait],
    ['mail-address', 3, 'Mails to one address that one network asked for', wait],
    ['password-change', 1, 'Changes of the password of one account', wait],
    ['current-password', 2, 'Wrong current passwords of one account', guessing],
    ['mailed-code', 1, 'Wrong codes from mails from one network', guessing],
    ['device-name', 1, 'New names of devices from one network', wait],
    ['export', 1, 'Exports of one account', wait],
    ['token', 2, 'Requests for a token from one network', `${wait} Keep a token until it expires.`],
    ['refresh', 2, 'Refused refresh tokens from one network', guessing],
    ['client', 2, 'Wrong client secrets from one network', rightSecret],
    ['client-id', 1, 'Wrong secrets for one client, from everywhere together', rightSecret],
  ]),
  ...limited('development', [
    ['codes_of_account', 1, 'Codes that were sent to one account within an hour', wait],
    [
      'passwords_of_address',
      2,
      'Wrong passwords in a row for one address, from everywhere together',
      'Log in from a browser that has logged in to this account before, or reset the password with POST /auth/password/forgot.',
    ],
  ]),
] as const satisfies readonly CauseRow[]

type Limit = readonly [name: string, howOften: CauseRow['howOften'], counted: string, fix: string]

function limited<const Rows extends readonly Limit[]>(shownIn: CauseRow['shownIn'], rows: Rows) {
  return rows.map(([name, howOften, counted, fix]) => ({
    code: 'rate_limited' as const,
    cause: name as Rows[number][0],
    means: `${counted} are limited.`,
    shownIn,
    when: ({ told }: Facts) =>
      told.cause === name ? `${counted} are limited. ${told.detail ?? ''}`.trim() : undefined,
    fix,
    howOften,
  }))
}
