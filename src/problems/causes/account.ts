import { type CauseRow, told } from '../cause-row.ts'
import type { Facts } from '../facts.ts'

/** What concerns an account. No row says whether there is one. */
export const accountCauses = [
  {
    code: 'invalid_credentials',
    cause: 'wrong_current_password',
    means: 'A change of the password was asked for with a current password that is not right.',
    shownIn: 'production',
    when: told('wrong_current_password', 'The current password is not right.'),
    fix: 'Send the password that the account has now as currentPassword.',
    howOften: 2,
  },
  {
    code: 'invalid_credentials',
    cause: 'address_or_password',
    means: 'Address and password do not belong together. Which of them is wrong is told to nobody.',
    shownIn: 'development',
    when: () => 'Address and password do not belong together; which of them is wrong is told to nobody.',
    fix: 'Check the address and the password; in development the banner names an account, and sallyport user list shows all.',
    howOften: 5,
  },
  {
    code: 'registration_closed',
    cause: 'invitation_missing',
    means: 'REGISTRATION=invite, and the request holds no invitation.',
    shownIn: 'production',
    when: told(
      'invitation_missing',
      'Only people with an invitation can register, and the request holds none.',
    ),
    fix: 'Send the code of the invitation mail as invitation.',
    howOften: 4,
  },
  {
    code: 'registration_closed',
    cause: 'closed',
    means: 'REGISTRATION=closed.',
    shownIn: 'production',
    when: told('closed', 'Nobody can register here.'),
    fix: 'Ask whoever runs this server for an account; REGISTRATION=open lets everybody in.',
    howOften: 4,
  },
  {
    code: 'email_taken',
    cause: 'taken_meanwhile',
    means: 'Between the request and its code another account took the address.',
    shownIn: 'development',
    when: () => 'Another account took the address between the request and its code.',
    fix: 'Choose another address, or log in to the account that has it.',
    howOften: 5,
  },
  ...passwordRules([
    ['too_short', 5, 'It has too few characters.', 'Choose a longer one: length protects more than signs.'],
    ['too_long', 1, 'It has too many characters.', 'Choose one within 256 characters.'],
    ['not_unicode', 1, 'It holds half a character that no text can have.', 'Send it as text in UTF-8.'],
    [
      'too_simple',
      3,
      'It repeats or counts up, and is guessed at once.',
      'Choose one of several words that do not belong together.',
    ],
    [
      'too_common',
      5,
      'It is in the list of passwords that guessers try first.',
      'Choose one that nobody else would.',
    ],
    ['contains_address', 3, 'It is made of the mail address.', 'Choose one that does not hold the address.'],
    [
      'contains_context',
      2,
      'It is made of the name of this service.',
      'Choose one that does not hold the name of the service.',
    ],
    ['breached', 3, 'It was published in a breach.', 'Choose one that you have never used anywhere.'],
  ]),
] as const satisfies readonly CauseRow[]

type PasswordRule = readonly [cause: string, howOften: CauseRow['howOften'], means: string, fix: string]

/** The reasons of passwords/policy.ts. */
function passwordRules<const Rows extends readonly PasswordRule[]>(rows: Rows) {
  return rows.map(([cause, howOften, means, fix]) => ({
    code: 'password_rejected' as const,
    cause: cause as Rows[number][0],
    means,
    shownIn: 'production' as const,
    when: ({ told: { reason, detail } }: Facts) => (reason === cause ? (detail ?? means) : undefined),
    fix,
    howOften,
  }))
}
