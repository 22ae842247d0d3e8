/** Requests as text for other tools. It needs no page, and knows no secret: what was masked becomes a place to fill in. */
import type { FlowEvent, FlowView } from '../wire.ts'

export type Sketch = {
  method: string
  path: string
  origin: string
  hasCookie: boolean
  hasBearer: boolean
  body: Record<string, unknown> | null
}

export function sketchOf(event: Pick<FlowEvent, 'request' | 'cookie'>, origin: string): Sketch {
  const { method, path, headers, body } = event.request
  return {
    method,
    path,
    origin,
    hasCookie: event.cookie.received,
    hasBearer: headers.some(([name]) => name === 'authorization'),
    body: readBody(body, path),
  }
}

/** What comes after what went well; `null` where all is done. */
export function nextOf({ dots }: Pick<FlowView, 'dots'>, origin: string): Sketch | null {
  if (dots.code === 'waiting') return templateOf(origin, 'POST', '/auth/verify-otp')
  if (dots.token === 'waiting') return templateOf(origin, 'POST', '/auth/token')
  return dots.call === 'waiting' ? templateOf(origin, 'GET', '/auth/protected') : null
}

/** As it would have been let through, as far as the refusal shows what was missing. */
export function correct(event: FlowEvent, origin: string): Sketch | null {
  const { code, fix } = event.outcome
  if (code === null) return null
  const sketch = sketchOf(event, origin)
  const named = /\b(POST|GET|DELETE) (\/[a-z][\w/-]*)/.exec(fix ?? '')
  switch (code) {
    case 'wrong_method':
      return { ...sketch, method: 'POST', body: templates[sketch.path] ?? null }
    case 'not_found':
      return named ? templateOf(origin, named[1] as string, named[2] as string) : null
    case 'session_missing':
      return { ...sketch, hasCookie: true, body: templates[sketch.path] ?? sketch.body }
    case 'bearer_missing':
    case 'token_invalid':
    case 'token_expired':
      return { ...sketch, hasBearer: true }
    case 'otp_required':
      return templateOf(origin, 'POST', '/auth/verify-otp')
    default:
      return { ...sketch, body: templates[sketch.path] ?? sketch.body }
  }
}

function templateOf(origin: string, method: string, path: string): Sketch {
  const needsSession = /verify-otp|resend|token$|logout|sessions/.test(path)
  return {
    method,
    path,
    origin,
    hasCookie: needsSession,
    hasBearer: path === '/auth/protected',
    body: templates[path] ?? null,
  }
}

const templates: Record<string, Record<string, unknown>> = {
  '/auth/login': { email: '<your address>', password: '<your password>' },
  '/auth/register': { email: '<your address>', password: '<your password>' },
  '/auth/verify-otp': { otp: '<code from the inbox>' },
  '/auth/refresh': { refreshToken: '<newest refresh token>' },
  '/auth/password/forgot': { email: '<your address>' },
  '/auth/password/reset': { otp: '<code from the inbox>', newPassword: '<new password>' },
}

function readBody(masked: string | null, path: string): Sketch['body'] {
  if (masked === null) return null
  try {
    const members = Object.entries(JSON.parse(masked) as Record<string, unknown>)
    const template = templates[path] ?? {}
    return Object.fromEntries(
      members.map(([name, value]) => [name, isMasked(value) ? (template[name] ?? `<${name}>`) : value]),
    )
  } catch {
    return templates[path] ?? null
  }
}

function isMasked(value: unknown): boolean {
  return typeof value === 'string' && /[‹•…]/.test(value)
}

export function asCurl(sketch: Sketch): string {
  const lines = [
    `curl ${sketch.method === 'GET' ? '' : `-X ${sketch.method} `}${quote(sketch.origin + sketch.path)}`,
  ]
  if (sketch.hasCookie || opensSession(sketch)) lines.push('-c jar -b jar')
  if (sketch.hasBearer) lines.push(`-H 'Authorization: Bearer <accessToken>'`)
  if (sketch.body)
    lines.push(`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(sketch.body))}`)
  return lines.join(' \\\n  ')
}

export function asFetch(sketch: Sketch): string {
  const headers = [
    ...(sketch.body ? [`    'Content-Type': 'application/json',`] : []),
    ...(sketch.hasBearer ? ["    Authorization: 'Bearer ' + accessToken,"] : []),
  ]
  return [
    `const reply = await fetch('${sketch.origin}${sketch.path}', {`,
    `  method: '${sketch.method}',`,
    ...(sketch.hasCookie || opensSession(sketch) ? [`  credentials: 'include',`] : []),
    ...(headers.length > 0 ? ['  headers: {', ...headers, '  },'] : []),
    ...(sketch.body ? [`  body: JSON.stringify(${JSON.stringify(sketch.body)}),`] : []),
    '})',
  ].join('\n')
}

export function asHttp(sketch: Sketch): string {
  return [
    `${sketch.method} ${sketch.origin}${sketch.path}`,
    ...(sketch.hasBearer ? ['Authorization: Bearer {{accessToken}}'] : []),
    ...(sketch.body ? ['Content-Type: application/json', '', JSON.stringify(sketch.body, null, 2)] : []),
  ].join('\n')
}

function opensSession({ path }: Sketch): boolean {
  return /^\/auth\/(login|register|password\/forgot)$/.test(path)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Markdown that may be pasted in public: no address, no ids of sessions and accounts, not even the beginning of a secret. */
export function asIssue(flow: FlowView): string {
  const rows = flow.events.map(({ seq, request, outcome, link, cookie }) => {
    const why = [outcome.code, outcome.cause].filter((each) => each !== null).join(': ')
    const tie = link === 'guess' ? 'probably' : link
    return `| ${seq} | ${request.method} ${request.path} | ${outcome.status} | ${why} | ${cookie.verdict} | ${tie} |`
  })
  const refused = flow.events.findLast(({ outcome }) => outcome.status >= 400)
  return [
    `### ${flow.verdict}`,
    '',
    `Client: ${flow.client}. ${flow.count} requests.`,
    '',
    '| # | Request | Status | Code and cause | Cookie | Joined by |',
    '|---|---|---|---|---|---|',
    ...rows,
    ...(refused ? ['', ...describeRefusal(refused)] : []),
  ].join('\n')
}

function describeRefusal({ seq, outcome, trace }: FlowEvent): string[] {
  return [
    `**Step ${seq}:** ${outcome.detail ?? ''}`,
    `**Fix:** ${outcome.fix ?? ''}`,
    '',
    ...trace.map(
      ({ check, ok, saw, where }) => `- ${ok ? '✓' : '✗'} ${check}: ${saw}${where ? ` (${where})` : ''}`,
    ),
  ].map((line) => line.replace(/\b(?:acc|ses|chl|dev|mail)_[\w-]{8,}/g, '<id>'))
}
