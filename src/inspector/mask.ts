/**
 * Everything that is captured passes here first (ux.md 3.4, rules 6 and 7): what is not known to be harmless is told by its kind
 * and never by its value or its length.
 */
import { maskEmail } from '../utils/email.ts'

const greatestBody = 4_096

/** Members that are worth seeing because people get them wrong. Any other name could be a secret by itself. */
const knownNames = new Set(
  (
    'email password otp method trustDevice refresh refreshToken accessToken newPassword currentPassword newEmail code ' +
    'username user mail login pass passwd pwd token otpCode otp_code access_token refresh_token sessionId session_id name ' +
    'message next methods channel destination length expiresIn resendIn attemptsLeft tokenType refreshExpiresIn id stage ' +
    'expiresAt endedBecause endedAt sessions devices current device address lastSeenAt createdAt type title status cause detail ' +
    'fix instance trace check ok saw inspect errors path reason failing deviceTrusted amr lastUsedAt invitation'
  ).split(' '),
)

/** Said by the server in its own words, or by its own names of things. */
const openAnswers = new Set(
  (
    'message next methods channel length expiresIn resendIn attemptsLeft tokenType refreshExpiresIn id sessionId stage expiresAt ' +
    'endedBecause endedAt current lastSeenAt createdAt type title status code cause detail fix instance check ok inspect path ' +
    'reason failing deviceTrusted amr lastUsedAt'
  ).split(' '),
)

/** @param side what a client sends is trusted with less than what the server says */
export function maskBody(body: unknown, side: 'request' | 'answer'): string {
  const text = JSON.stringify(maskValue(body, '', side, 0), null, 2) ?? '‹nothing›'
  return text.length > greatestBody ? `${text.slice(0, greatestBody)}…` : text
}

function maskValue(value: unknown, name: string, side: 'request' | 'answer', depth: number): unknown {
  if (depth > 6) return '‹deeper›'
  if (Array.isArray(value)) return value.slice(0, 20).map((each) => maskValue(each, name, side, depth + 1))
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).slice(0, 40)
    return Object.fromEntries(
      members.map(([key, each]) => [
        knownNames.has(key) ? key : '‹another member›',
        knownNames.has(key) ? maskValue(each, key, side, depth + 1) : kindOf(each),
      ]),
    )
  }
  if (typeof value === 'boolean' || value === null || value === undefined) return value
  return maskScalar(value as string | number, name, side)
}

function maskScalar(value: string | number, name: string, side: 'request' | 'answer'): unknown {
  if (typeof value === 'string' && isEmailName(name) && value.includes('@')) return maskAddress(value)
  if (/^refresh_?token$/i.test(name) && typeof value === 'string') return begin(value)
  if (side === 'answer' && openAnswers.has(name)) return value
  if (name === 'otp' || name === 'code') return describeCode(value)
  if (/^access_?token$|^token$/i.test(name)) return '‹masked token›'
  if (name === 'method' && value === 'email') return value
  return kindOf(value)
}

/** How many digits a code has is what people get wrong; which ones is nobody's business. */
function describeCode(value: string | number): string {
  if (typeof value === 'number') return '‹a number: codes are text›'
  return /^\d{3,9}$/.test(value) ? `‹code of ${value.length} digits›` : '‹text that is no code›'
}

function kindOf(value: unknown): string {
  if (value === null) return '‹null›'
  return Array.isArray(value) ? '‹list›' : `‹${typeof value === 'string' ? 'text' : typeof value}›`
}

function isEmailName(name: string): boolean {
  return /^(email|newEmail|mail|user|username|login|destination)$/.test(name)
}

export function maskAddress(text: string): string {
  return /^[^\s@]{1,64}@[\w.-]{1,120}$/.test(text) ? maskEmail(text) : '‹no address›'
}

/** The first 6 characters: enough to see whether it is the same one. */
export function begin(secret: string): string {
  return `${secret.slice(0, 6)}…`
}

/** Where nothing else says which route it is: words are shown, and not what could be an id, a code or a token. */
export function maskPath(path: string): string {
  const segments = path.split('/').slice(0, 8)
  return segments.map((each) => (/^[a-z][a-z._-]{0,19}$|^$/i.test(each) ? each : '‹…›')).join('/') || '/'
}

/** Text of a header that is shown as it came: printable, and not long. */
export function plain(text: string, greatest = 160): string {
  const printable = text.replace(/[^\x20-\x7e]/g, '?')
  return printable.length > greatest ? `${printable.slice(0, greatest)}…` : printable
}
