import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../../utils/duration.ts'

/** A whole number from 1 on. */
export function wholeNumberUpTo(most: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (/^\d{1,9}$/.test(text) && number >= 1 && number <= most) return number
    throw new InvalidArgumentError(`Write a whole number from 1 to ${most}.`)
  }
}

/** `10%` or `10`, as a share from 0 to 0.9. */
export function toShare(text: string): number {
  const [, percent] = /^(\d{1,2}(?:\.\d{1,3})?)%?$/.exec(text.trim()) ?? []
  if (percent !== undefined && Number(percent) <= 90) return Number(percent) / 100
  throw new InvalidArgumentError('Write a percentage from 0% to 90%, such as 10%.')
}

/** Milliseconds. */
export function toLatency(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds !== undefined && milliseconds <= 5_000) return milliseconds
  throw new InvalidArgumentError('Write a duration up to 5s, such as 50ms.')
}
