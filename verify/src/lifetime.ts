/**
 * How long the answer says that it may be kept (RFC 9111, RFC 5861), within bounds: at least 30 s, so that no setting of a cache
 * makes us ask without end, at most an hour, so that none keeps a revoked key.
 */
export function lifetimeOf(response: { header(name: string): string | null }): {
  freshMs: number
  revalidateMs: number
} {
  const control = response.header('cache-control') ?? ''
  const age = Number(response.header('age') ?? 0) || 0
  const maxAge = secondsOf(control, 'max-age') ?? 300
  const revalidate = secondsOf(control, 'stale-while-revalidate') ?? 0
  return {
    freshMs: Math.min(Math.max(maxAge - age, 30), 3_600) * 1_000,
    revalidateMs: Math.min(revalidate, 3_600) * 1_000,
  }
}

function secondsOf(control: string, directive: string): number | undefined {
  const match = new RegExp(`(?:^|[\\s,])${directive}=(\\d{1,9})(?:$|[\\s,])`, 'i').exec(control)
  return match ? Number(match[1]) : undefined
}
