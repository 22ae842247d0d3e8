import { BoundedMap } from './bounded-map.ts'

/** Which server said something, and when by its own clock, in ms. */
export type Said = { source: string; now: number }

/** The newest that each server of an issuer has said: their clocks may be apart, so only each with itself can be compared. */
export class ServerClocks {
  readonly #newest: BoundedMap<string, number> = new BoundedMap(64)

  /** Whether all of it is newer than what the same servers said before. It is remembered then. */
  isNews(pages: readonly Said[]): boolean {
    const isNews = pages.every(({ source, now }) => now > (this.#newest.get(source) ?? 0))
    for (const { source, now } of pages) {
      this.#newest.set(source, Math.max(now, this.#newest.get(source) ?? 0))
    }
    return isNews
  }
}
