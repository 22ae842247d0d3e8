import { isRecord, parseJson } from './token-header.ts'

/** Why a token would be refused, in words for whoever holds it. Never a part of its signature. */
export type TokenFault = {
  code:
    | 'spelling'
    | 'wrong_typ'
    | 'critical_header'
    | 'no_keys'
    | 'unknown_kid'
    | 'wrong_alg'
    | 'bad_signature'
    | 'wrong_issuer'
    | 'wrong_audience'
    | 'expired'
    | 'not_yet_valid'
    | 'missing_claim'
    | 'session_ended'
  says: string
  fix: string
}

export type ReadToken = {
  /** Without what stood around it. */
  token: string
  header: Record<string, unknown>
  claims: Record<string, unknown>
  /** What is wrong with its spelling; the server would refuse it for that alone. */
  faults: TokenFault[]
}

/** Reads a token without believing it. `undefined` header and claims are told as a fault of the whole. */
export function readToken(text: string): ReadToken | { unreadable: TokenFault } {
  const { token, faults } = unwrap(text)
  const strange = whatElse(token)
  if (strange) return { unreadable: strange }
  const parts = token.split('.')
  const [header, claims] = parts.slice(0, 2).map(parsePart)
  if (!header || !claims) {
    return { unreadable: spelling('Its header or its claims are not base64url of a JSON object.', copyAgain) }
  }
  if (!parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)) {
    const says = 'A part has another spelling than the one that was issued (padding, other letters).'
    faults.push(spelling(says, copyAgain))
  }
  return { token, header, claims, faults }
}

/** What people copy along with a token. */
function unwrap(text: string): { token: string; faults: TokenFault[] } {
  const faults: TokenFault[] = []
  let token = text.trim()
  if (/^["']|["']$/.test(token)) {
    token = token.replace(/^["']+|["']+$/g, '')
    faults.push(spelling('There are quotes around it.', 'Send it without quotes.'))
  }
  token = token.replace(/^(authorization:\s*)?bearer\s+/i, '')
  if (/\s/.test(token)) {
    token = token.replace(/\s+/g, '')
    faults.push(spelling('There is white space or a line break in it.', 'Send it as one line.'))
  }
  return { token, faults }
}

const copyAgain = 'Copy the whole token again, from the member accessToken.'

function whatElse(token: string): TokenFault | undefined {
  const count = token.split('.').length
  if (token === '')
    return spelling('There is nothing to read.', 'Pipe the token in, or name a file that holds it.')
  if (token.startsWith('srt_')) {
    const says = 'It is a refresh token: only the server that made it can read it.'
    return spelling(says, 'Send it to POST /auth/refresh, and the accessToken of its answer as Bearer.')
  }
  if (count === 5)
    return spelling('It is an encrypted token (JWE), which Sallyport does not issue.', copyAgain)
  if (count === 3) return undefined
  return spelling(
    `It has ${count} parts where a token has 3: it was cut off, or is something else.`,
    copyAgain,
  )
}

function spelling(says: string, fix: string): TokenFault {
  return { code: 'spelling', says, fix }
}

function parsePart(part: string): Record<string, unknown> | undefined {
  try {
    const value = parseJson(Buffer.from(part, 'base64url'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
