import type { CauseRow } from '../cause-row.ts'
import type { Facts } from '../facts.ts'

/** Why a body that is JSON does not fit: what its author meant, told from its names and kinds alone. */
export const fieldCauses = [
  {
    code: 'invalid_request',
    cause: 'encoded_twice',
    means: 'The body is a JSON string that holds JSON: it was encoded twice.',
    shownIn: 'production',
    when: ({ body }) =>
      body?.kind === 'string'
        ? 'The body is a JSON string, not an object: probably it was encoded twice.'
        : undefined,
    fix: 'Call JSON.stringify once; axios and the json option of clients do it themselves.',
    howOften: 2,
  },
  {
    code: 'invalid_request',
    cause: 'not_an_object',
    means: 'The body is a list, a number or null instead of an object.',
    shownIn: 'production',
    when: ({ body }) =>
      body && body.kind !== 'object' && body.kind !== 'unreadable'
        ? `The body is JSON of the kind ${body.kind}, not an object.`
        : undefined,
    fix: 'Send one JSON object: {"name":"value"}.',
    howOften: 1,
  },
  {
    code: 'invalid_request',
    cause: 'lost_zero',
    means: 'The code was sent as a number, or is a digit short: a number loses the zero that it begins with.',
    shownIn: 'production',
    when: ({ body, told: { fields }, settings }) => {
      if (!fields.includes('otp') || !body) return undefined
      if (body.members.otp === 'number')
        return 'otp came as a number, and a number loses the zero that it begins with.'
      return body.otpDigits === settings.otpLength - 1
        ? `otp has ${body.otpDigits} digits, the code has ${settings.otpLength}: probably it lost the zero that it begins with.`
        : undefined
    },
    fix: 'Send the code as a string: "012345" in quotes keeps its zero.',
    howOften: 4,
  },
  {
    code: 'invalid_request',
    cause: 'other_name',
    means: 'A member came under another name than the route has, such as username for email or code for otp.',
    shownIn: 'production',
    when: (facts) => {
      const misnamed = misnamedField(facts)
      return misnamed && `The body has a member ${misnamed.sent} and none named ${misnamed.meant}.`
    },
    fix(facts) {
      const misnamed = misnamedField(facts)
      return misnamed
        ? `Name it ${misnamed.meant}.`
        : 'Use the names of the API description: email, password, otp, refreshToken.'
    },
    howOften: 4,
  },
  {
    code: 'invalid_request',
    cause: 'missing_member',
    means: 'A member that the route needs is not in the body.',
    shownIn: 'production',
    when: ({ body, told: { fields } }) => {
      const lost = fields.filter((name) => body?.kind === 'object' && body.members[name] === undefined)
      return lost.length > 0 ? `The body has no ${lost.join(' and no ')}.` : undefined
    },
    fix: 'Add the members listed in errors.',
    howOften: 5,
  },
  {
    code: 'invalid_request',
    cause: 'wrong_kind',
    means: 'A member is of another kind than text, such as a number, a list or null.',
    shownIn: 'production',
    when: ({ body, told: { fields } }) => {
      const name = fields.find(
        (field) => body?.members[field] !== undefined && body.members[field] !== 'string',
      )
      return name === undefined ? undefined : `${name} is of the kind ${body?.members[name]}.`
    },
    fix: 'Send each member as the kind that errors names; nothing is converted.',
    howOften: 3,
  },
  {
    code: 'invalid_request',
    cause: 'out_of_rule',
    means: 'A member has the right kind and breaks a rule: too long, too short, not an address.',
    shownIn: 'production',
    when: ({ told: { fields, detail } }) =>
      detail ??
      (fields.length > 0
        ? `The value of ${fields.join(' and of ')} breaks a rule.`
        : 'A value breaks a rule.'),
    fix: 'Correct the members listed in errors and send the request again.',
    howOften: 4,
  },
] as const satisfies readonly CauseRow[]

function misnamedField({ body, told: { fields } }: Facts) {
  return body?.misnamed.find(({ meant }) => fields.includes(meant))
}
