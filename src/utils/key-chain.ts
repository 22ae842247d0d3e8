/** Keys follow one another in one line: each names the one before it, and no two name the same (A-RACE-19). */
export type ChainLink = { kid: string; follows: string; activeAt: number }

/** The end of the line, which the next key has to follow. Revoked ones count: their place is taken. */
export function endOfChain<Link extends ChainLink>(links: Link[]): Link | undefined {
  const followed = new Set(links.map(({ follows }) => follows))
  // Where one was removed from the middle, the one before it has no follower any more either, and is older.
  return links.toSorted((a, b) => a.activeAt - b.activeAt).findLast(({ kid }) => !followed.has(kid))
}
