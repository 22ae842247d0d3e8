import type { Refusal } from './refusal.ts'

/**
 * The token of the one Authorization header (RFC 6750 2.1), or why there is none. Never one from the query or the body (ASVS
 * 14.2.1).
 *
 * @param lines the value of every Authorization header of the request
 */
export function readBearer(lines: readonly string[]): string | Refusal {
  const [line] = lines
  if (line === undefined) return missing('no_header', 'There is no Authorization header.')
  if (lines.length > 1) {
    return twice('repeated_header', 'More than one Authorization header came with this request.')
  }
  const match = /^Bearer +(\S+)$/i.exec(line)
  if (match) return match[1] as string
  if (/^Bearer +\S+\s/i.test(line)) {
    return twice('repeated_token', 'More than one word stands after Bearer in the Authorization header.')
  }
  if (/^Bearer *$/i.test(line)) return missing('empty_variable', 'Nothing stands after Bearer.')
  return missing('wrong_scheme', 'The Authorization header has not the form Bearer <accessToken>.')
}

/** From node's own list, since `headers` keeps only the first of two. */
export function authorizationLines(rawHeaders: readonly string[]): string[] {
  const lines: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    if (name.length === 13 && name.toLowerCase() === 'authorization')
      lines.push(rawHeaders[index + 1] as string)
  }
  return lines
}

function missing(cause: string, detail: string): Refusal {
  return { code: 'bearer_missing', cause, detail }
}

function twice(cause: string, detail: string): Refusal {
  return { code: 'invalid_request', cause, detail }
}
