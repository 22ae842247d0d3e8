const unitMilliseconds: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `'10m'`, `'30s'`, `'24h'`, or of a number of seconds; `undefined` for anything else. */
export function milliseconds(duration: unknown): number | undefined {
  if (typeof duration === 'number') return duration >= 0 && duration < 1e9 ? duration * 1_000 : undefined
  const match = typeof duration === 'string' ? /^(\d{1,9})(ms|s|m|h|d)$/.exec(duration.trim()) : null
  return match ? Number(match[1]) * (unitMilliseconds[match[2] as string] as number) : undefined
}
