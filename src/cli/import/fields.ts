import { RefusedRow } from './source-account.ts'

export type Fields = Record<string, unknown>

/** The first of these fields that has something in it. */
export function textOf(fields: Fields, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = fields[name]
    if (isNothing(value)) continue
    if (typeof value !== 'string') throw new RefusedRow(`${name} is no text`)
    if (value.includes('\u{fffd}')) throw new RefusedRow(`${name} is not UTF-8. Save the file as UTF-8`)
    return value
  }
  return undefined
}

export function addressOf(fields: Fields, ...names: string[]): string {
  const email = textOf(fields, ...names)
  if (email === undefined) throw new RefusedRow(`it has no address: ${names.join(' or ')} is empty`)
  return email.trim()
}

export function flagOf(fields: Fields, name: string): boolean | undefined {
  const value = fields[name]
  if (isNothing(value)) return undefined
  const text = String(value).toLowerCase()
  if (['true', 't', '1', 'yes'].includes(text)) return true
  if (['false', 'f', '0', 'no'].includes(text)) return false
  throw new RefusedRow(`${name} is neither true nor false`)
}

/** ISO 8601, what Postgres prints, milliseconds, or MongoDB's `{"$date": ...}`. UTC where no zone is named. */
export function timeOf(fields: Fields, name: string): number | undefined {
  const value = unwrap(fields[name], '$date')
  if (isNothing(value)) return undefined
  const time = typeof value === 'number' ? value : parseTime(String(value))
  // Such as infinity, or seconds that were taken for milliseconds by somebody before.
  if (!Number.isSafeInteger(time) || time < 0 || time > farthest)
    throw new RefusedRow(`${name} is not a time`)
  return time
}

/** An object, or its JSON text where a cell holds it. */
export function objectOf(fields: Fields, name: string): Fields | undefined {
  const value = fields[name]
  if (isNothing(value)) return undefined
  const object = typeof value === 'string' ? parseJson(value) : value
  if (typeof object === 'object' && object !== null && !Array.isArray(object)) return object as Fields
  throw new RefusedRow(`${name} is no JSON object`)
}

/** MongoDB's exports wrap what JSON has no word for: `{"$oid": "60425dc4..."}`. */
export function idOf(fields: Fields, ...names: string[]): string | undefined {
  const value = names.map((name) => unwrap(fields[name], '$oid')).find((each) => !isNothing(each))
  return value === undefined ? undefined : String(value)
}

/** As JSON, CSV and the consoles of databases write it. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || ['', 'null', 'NULL'].includes(value as string)
}

/** The end of the year 9999. */
const farthest = 253_402_300_799_999

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unwrap(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? (value as Fields)[name] : value
}

function parseTime(text: string): number {
  if (/^\d{10,}$/.test(text)) return Number(text)
  const [, date, time = '00:00', fraction = '', zone = 'Z'] = isoLike.exec(text.trim()) ?? []
  if (date === undefined) return Number.NaN
  const fullZone =
    zone === 'UTC'
      ? 'Z'
      : zone.replace(/^([+-]\d\d):?(\d\d)?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`)
  return Date.parse(`${date}T${time}${fraction.slice(0, 4)}${fullZone}`)
}

const isoLike = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?)? ?(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/
