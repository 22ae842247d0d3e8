import { sayDuration } from '../utils/duration.ts'

/** Times in the words of a sentence. */
export function ago(seconds: number): string {
  return `${sayDuration(Math.max(0, seconds) * 1_000)} ago`
}

/** `10:41:02 UTC`. Nothing for a time that is none. */
export function timeOfDay(milliseconds: number): string {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? 'an unknown time' : `${date.toISOString().slice(11, 19)} UTC`
}
