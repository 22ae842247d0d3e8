/** What was seen of a client that it should not have met, or only that can't be judged. Holds no secret. */
export type Finding = {
  kind: 'fork' | 'sign_out' | 'reuse_alarm' | 'unexpected'
  who: string
  says: string
  /** The flow id of the reply, which `sallyport explain` knows. */
  supportCode: string | null
}

export type Counts = {
  requests: number
  renewals: number
  /** Renewals of which a reply was lost before. */
  survived: number
  lostRequests: number
  lostReplies: number
  /** Of those, how many were cut while the server worked. */
  cut: number
  broken: number
  /** Answers 429 and 503: the client waits and is not signed out. */
  limited: number
  busy: number
  /** Renewals that had not come through when the run, or the patience of the client, was over. */
  unfinished: number
}

export type Ledger = {
  counts: Counts
  findings: Finding[]
  /** Milliseconds of each renewal that was answered. */
  latencies: number[]
  found(finding: Finding): void
  /** Notes which successor a refresh token had: a second one is a fork. */
  succeeded(presented: string, successor: string, who: string, supportCode: string | null): void
}

export function createLedger(): Ledger {
  const successors = new Map<string, string>()
  const findings: Finding[] = []
  const found = (finding: Finding) => void findings.push(finding)
  return {
    counts: {
      requests: 0,
      renewals: 0,
      survived: 0,
      lostRequests: 0,
      lostReplies: 0,
      cut: 0,
      broken: 0,
      limited: 0,
      busy: 0,
      unfinished: 0,
    },
    findings,
    latencies: [],
    found,
    succeeded(presented, successor, who, supportCode) {
      const first = successors.get(presented) ?? successor
      successors.set(presented, first)
      if (first === successor) return
      const says = 'one refresh token had two successors, so there are two chains of one session'
      found({ kind: 'fork', who, says, supportCode })
    },
  }
}
