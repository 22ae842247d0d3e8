import { isIP } from 'node:net'
import { formatDuration, parseDuration } from '../utils/duration.ts'

/** A value, or what is wrong with its text and how to correct it. The setting's name is added by the caller. */
export type Parsed<Value> = { ok: true; value: Value } | { ok: false; wrong: string; fix: string }
export type Parse<Value> = (text: string) => Parsed<Value>

export function accepted<Value>(value: Value): Parsed<Value> {
  return { ok: true, value }
}

export function refused(wrong: string, fix: string): Parsed<never> {
  return { ok: false, wrong, fix }
}

/** A text from the environment as part of a message: one line, and short. Never used for a secret. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

export function oneOf<const Choice extends string>(...choices: Choice[]): Parse<Choice> {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text)
    if (choice !== undefined) return accepted(choice)
    return refused(`${quote(text)} is not one of its values`, `Use one of ${choices.join(', ')}.`)
  }
}

export function wholeNumber(least: number, most: number): Parse<number> {
  return (text) => {
    const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) return accepted(number)
    return refused(`${quote(text)} is not a number from ${least} to ${most}`, `Use ${least} to ${most}.`)
  }
}

/** A duration between two others, both included. */
export function duration(least: string, most: string): Parse<number> {
  const [leastMs, mostMs] = [durationMs(least), durationMs(most)]
  return (text) => {
    const milliseconds = parseDuration(text)
    if (milliseconds === undefined) {
      return refused(
        `${quote(text)} is not a duration`,
        'Write a number and a unit: 500ms, 30s, 10m, 24h or 30d.',
      )
    }
    if (milliseconds < leastMs) return refused(`${text} is too short`, `Use at least ${least}.`)
    if (milliseconds > mostMs) return refused(`${text} is too long`, `Use at most ${formatDuration(mostMs)}.`)
    return accepted(milliseconds)
  }
}

/** As `duration`, or `0` for never. */
export function durationOrOff(least: string, most: string): Parse<number> {
  const parse = duration(least, most)
  return (text) => (/^0(ms|s|m|h|d)?$/.test(text) ? accepted(0) : parse(text))
}

/** For durations that are written in the source. */
export function durationMs(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds === undefined) throw new TypeError(`not a duration: ${text}`)
  return milliseconds
}

/** The address to listen on: an IP address or a host name, without scheme, port or brackets. */
export const listenHost: Parse<string> = (text) => {
  if (isIP(text) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text)) return accepted(text)
  return refused(
    `${quote(text)} is not an address`,
    'Write only the address: 127.0.0.1, 0.0.0.0, :: or a host name.',
  )
}

export const path: Parse<string> = (text) => {
  if (!text.includes('\0')) return accepted(text)
  return refused(`${quote(text)} is not a path`, 'Write the path of a directory.')
}

/** A value that another party compares character by character: no spaces, nothing that can't be seen. */
export const audience: Parse<string> = (text) => {
  if (/^[\x21-\x7e]{1,200}$/.test(text)) return accepted(text)
  return refused(
    `${quote(text)} holds a space, a character outside ASCII or more than 200 characters`,
    'Use an address such as https://api.example or a plain name.',
  )
}
