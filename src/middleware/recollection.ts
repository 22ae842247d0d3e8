/**
 * What development remembers of earlier requests, so that a refusal can say which one it has to do with. It holds no secret: a
 * cookie by its digest, a code by the id of its challenge. Production has none.
 */
export interface Recollection {
  /** ms; nothing before is known. */
  startedAt: number
  /** Entries were pushed out: what is not found may have been there. */
  readonly hasForgotten: boolean
  note(entry: Recalled): void
  /** The newest entry of a kind that fits. */
  newest<Kind extends Recalled['kind']>(
    kind: Kind,
    fits: (entry: Extract<Recalled, { kind: Kind }>) => boolean,
  ): Extract<Recalled, { kind: Kind }> | undefined
}

/** `at` in ms; `address` and `device` tell one client from another. */
export type Recalled = { at: number; address: string; device: string } & (
  | {
      /** An answer set the session cookie. */
      kind: 'cookie'
      host: string
      secretHash: string
      accountId: string | null
      challengeId: string | undefined
    }
  | { kind: 'refresh'; sessionId: string; isReuse: boolean }
)

export function createRecollection(startedAt: number, capacity = 200): Recollection {
  const entries: Recalled[] = []
  let hasForgotten = false
  return {
    startedAt,
    get hasForgotten() {
      return hasForgotten
    },
    note(entry) {
      entries.push(entry)
      if (entries.length <= capacity) return
      entries.shift()
      hasForgotten = true
    },
    newest(kind, fits) {
      type Wanted = Extract<Recalled, { kind: typeof kind }>
      return entries.findLast((entry): entry is Wanted => entry.kind === kind && fits(entry as Wanted))
    },
  }
}
