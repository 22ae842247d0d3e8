/** A Map that forgets what was used least recently once it holds `capacity` entries. */
export class BoundedMap<Key, Value> {
  readonly #entries: Map<Key, Value> = new Map()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    // A Map iterates in insertion order: putting an entry back makes it the newest.
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#capacity) {
      const [oldest] = this.#entries.keys()
      this.#entries.delete(oldest as Key)
    }
  }

  delete(key: Key): void {
    this.#entries.delete(key)
  }
}
