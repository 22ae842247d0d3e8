import { serverNow } from './api.ts'

export function timeOf(iso: string): string {
  return new Date(iso).toTimeString().slice(0, 8)
}

export function dayAndTime(iso: string): string {
  const date = new Date(iso)
  return `${date.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })} ${timeOf(iso)}`
}

/** `4 min 12 s`, in at most two units. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000))
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  if (first === -1) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}

/** `in 4 min 12 s`, `42 s ago`. */
export function fromNow(iso: string): string {
  const ahead = Date.parse(iso) - serverNow()
  return ahead >= 0 ? `in ${duration(ahead)}` : `${duration(-ahead)} ago`
}

const claimWords: Record<string, (value: string) => string> = {
  iss: () => 'who issued it',
  aud: () => 'who may accept it',
  sub: () => 'the account',
  sid: () => 'the session; the token ends with it',
  jti: () => 'the name of this token',
  iat: (value) => `issued ${secondsFromNow(value)}`,
  exp: (value) => `expires ${secondsFromNow(value)}`,
  nbf: (value) => `good from ${secondsFromNow(value)}`,
  auth_time: (value) => `last verified ${secondsFromNow(value)}`,
  amr: () => 'how it was verified',
  client_id: () => 'for which client',
}

export function claimMeans(name: string, value: unknown): string {
  return claimWords[name]?.(String(value)) ?? ''
}

function secondsFromNow(seconds: string): string {
  const milliseconds = Number(seconds) * 1_000
  return Number.isFinite(milliseconds) ? fromNow(new Date(milliseconds).toISOString()) : 'at an unknown time'
}

export function plural(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`
}
