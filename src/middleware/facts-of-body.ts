import type { IncomingMessage } from 'node:http'
import type { BodyFacts, JsonKind } from '../problems/facts.ts'
import type { Problem } from '../problems/problem.ts'

/** What kind of body came, where something has read it: names and kinds, and no value. */
export function factsOfBody(
  req: IncomingMessage,
  { cause: reason, details }: Problem,
): BodyFacts | undefined {
  // What could not be read as JSON is in the error of the parser.
  const { body: unread } = (reason ?? {}) as { body?: unknown }
  if (typeof unread === 'string')
    return { ...nothing, kind: 'unreadable', looksLike: looksLike(unread, reason) }
  const { body } = req as { body?: unknown }
  if (body === undefined) return undefined
  const isText = typeof body === 'string' || Buffer.isBuffer(body)
  if (!isText) return factsOfJson(body)
  const facts = factsOfText(body.toString())
  // A JSON string that holds an object looks like the text of one: the schema knows that it was a string.
  return facts.kind === 'object' && isRefusedAsAWhole(details.extra) ? { ...nothing, kind: 'string' } : facts
}

function isRefusedAsAWhole({ errors }: Record<string, unknown> = {}): boolean {
  return Array.isArray(errors) && errors.some(({ path }: { path: string[] }) => path.length === 0)
}

/** An application's own parser has left the text. */
function factsOfText(text: string): BodyFacts {
  try {
    return factsOfJson(JSON.parse(text))
  } catch (reason) {
    return { ...nothing, kind: 'unreadable', looksLike: looksLike(text, reason) }
  }
}

function factsOfJson(parsed: unknown): BodyFacts {
  const members = membersOf(parsed)
  return {
    ...nothing,
    kind: kindOf(parsed),
    members: kindsOf(members),
    misnamed: misnamedIn(members),
    otpDigits: digitsIn(members.otp),
    refreshToken: refreshTokenKind(members.refreshToken),
    codeLength: codeLength(members.code),
    hasToken: ['accessToken', 'access_token', 'token'].some((name) => typeof members[name] === 'string'),
  }
}

const nothing: Omit<BodyFacts, 'kind'> = {
  looksLike: undefined,
  members: {},
  misnamed: [],
  otpDigits: undefined,
  refreshToken: undefined,
  codeLength: undefined,
  hasToken: false,
}

const looks: [RegExp, BodyFacts['looksLike']][] = [
  [/^\[object \w+\]$/, 'object_text'],
  [/^[\w.%+-]+=[^{]*$/, 'form'],
  [/^(?:[{[]\s*'|'[{[])/, 'single_quotes'],
  [/^\{\s*[A-Za-z_]\w*\s*:/, 'bare_names'],
  [/^</, 'markup'],
  [/,\s*[}\]][\s}\]]*$/, 'trailing_comma'],
]

function looksLike(text: string, reason: unknown): BodyFacts['looksLike'] {
  const start = text.trim()
  const found = looks.find(([pattern]) => pattern.test(start))?.[1]
  if (found) return found
  return endsTooEarly(text, reason as Partial<Error>) ? 'cut_off' : 'other'
}

/** The parser met the end of the text where something had to follow, such as the last brace. */
function endsTooEarly(text: string, { message = '' }: Partial<Error>): boolean {
  if (/^(Unexpected end of JSON|Unterminated string)/.test(message)) return true
  const position = /in JSON at position (\d+)/.exec(message)?.[1]
  return position !== undefined && Number(position) >= text.trimEnd().length
}

/** Every member that a route of ours has. */
const names = [
  'email',
  'password',
  'otp',
  'code',
  'refreshToken',
  'newPassword',
  'currentPassword',
  'newEmail',
  'name',
  'invitation',
  'method',
  'trustDevice',
  'refresh',
  'token',
]

/** What people call them instead. */
const otherNames: Record<string, string[]> = {
  otp: ['code', 'OTP', 'Otp', 'otpCode', 'otp_code', 'pin', 'passcode', 'token'],
  email: ['username', 'userName', 'user', 'login', 'mail', 'Email', 'e-mail', 'emailAddress'],
  password: ['pass', 'pwd', 'passwd', 'Password'],
  refreshToken: ['refresh_token', 'refreshtoken', 'token'],
  newPassword: ['new_password', 'password', 'newpassword'],
  currentPassword: ['current_password', 'oldPassword', 'old_password', 'password'],
  newEmail: ['new_email', 'email'],
  code: ['otp', 'token'],
}

function misnamedIn(members: Record<string, unknown>): BodyFacts['misnamed'] {
  return Object.entries(otherNames).flatMap(([meant, candidates]) => {
    if (Object.hasOwn(members, meant)) return []
    const sent = candidates.find((name) => Object.hasOwn(members, name))
    return sent === undefined ? [] : [{ sent, meant }]
  })
}

function membersOf(value: unknown): Record<string, unknown> {
  return kindOf(value) === 'object' ? (value as Record<string, unknown>) : {}
}

function kindsOf(members: Record<string, unknown>): BodyFacts['members'] {
  const own = names.filter((name) => Object.hasOwn(members, name))
  return Object.fromEntries(own.map((name) => [name, kindOf(members[name])]))
}

function kindOf(value: unknown): JsonKind {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  const kind = typeof value
  return kind === 'string' || kind === 'number' || kind === 'boolean' ? kind : 'object'
}

function digitsIn(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? value.length : undefined
}

function refreshTokenKind(value: unknown): BodyFacts['refreshToken'] {
  if (typeof value !== 'string') return undefined
  if (/^srt_[\w-]+$/.test(value)) return 'refresh'
  return value.startsWith('eyJ') ? 'jwt' : 'other'
}

function codeLength(value: unknown): number | undefined {
  return typeof value === 'string' ? value.replace(/[^0-9A-Za-z]/g, '').length : undefined
}
