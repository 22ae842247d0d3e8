/** Marks of sessions that have ended, each held for at least as long as was said: two generations of that length. */
export class EndedSessions {
  #newer: Set<string> = new Set()
  #older: Set<string> = new Set()
  #turnedAt: number = performance.now()

  add(marks: readonly string[], holdMs: number): void {
    if (performance.now() - this.#turnedAt > holdMs) {
      this.#older = this.#newer
      this.#newer = new Set()
      this.#turnedAt = performance.now()
    }
    for (const mark of marks) this.#newer.add(mark)
  }

  has(mark: string): boolean {
    return this.#newer.has(mark) || this.#older.has(mark)
  }
}
