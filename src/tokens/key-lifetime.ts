import { clockLeewayMs } from '../utils/clock.ts'
import { endOfChain } from '../utils/key-chain.ts'
import type { SigningKeyRecord } from './key-record.ts'

/** Added to how long a key is published before it signs: clocks, and the time that an answer with the old JWKS may be on its way. */
const publishLeewayMs = clockLeewayMs + 5_000

export type KeyTimes = {
  /** How long a token of ours is good. */
  accessTokenTtlMs: number
  /** How long a cache or a verifier may go on with an answer of the JWKS. */
  jwksLifetimeMs: number
}

/** How long a key is published before it signs. */
export function leadOf({ jwksLifetimeMs }: KeyTimes, askedMs: number): number {
  return Math.max(askedMs, jwksLifetimeMs + publishLeewayMs)
}

/** The last token that a key signed has expired on the slowest clock, once its successor has signed for that long. */
export function isRetired(
  successor: SigningKeyRecord | undefined,
  { accessTokenTtlMs }: KeyTimes,
  now: number,
): boolean {
  return successor !== undefined && now >= successor.activeAt + accessTokenTtlMs + clockLeewayMs
}

/** A token of a revoked key could still be alive: signed by a server whose clock is ahead, read by one whose clock is behind. */
export function isRemembered(
  { revokedAt }: SigningKeyRecord,
  { accessTokenTtlMs }: KeyTimes,
  now: number,
): boolean {
  return revokedAt !== null && now < revokedAt + accessTokenTtlMs + 2 * clockLeewayMs
}

/** The kids of what can go. The end of the chain stays: two processes that rotate have to find the same one (A-RACE-19). */
export function spentOf(
  records: SigningKeyRecord[],
  isLive: (kid: string) => boolean,
  times: KeyTimes,
  now: number,
): string[] {
  const last = endOfChain(records)
  return records
    .filter((record) => record !== last && !isLive(record.kid) && !isRemembered(record, times, now))
    .map(({ kid }) => kid)
}
