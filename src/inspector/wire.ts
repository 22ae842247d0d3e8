/** What the endpoints of /_dev give, for the page and for scripts. Everything in it was masked when it was captured. */

export type StepName = 'login' | 'code' | 'token' | 'call' | 'refresh'

export type Dot = 'done' | 'waiting' | 'refused' | 'none'

/** How an event came to its flow. `guess`: the newest flow of the same client that still waits, so it is "probably this flow". */
export type Link = 'first' | 'session' | 'refresh-family' | 'token-sid' | 'header' | 'guess'

export type FlowSummary = {
  id: string
  /** ISO 8601, like every time here. */
  startedAt: string
  changedAt: string
  /** Masked. */
  address: string | null
  client: string
  dots: Record<StepName, Dot>
  verdict: string
  isRefused: boolean
  cause: string | null
  count: number
  /** Grows with every change of any flow. */
  revision: number
}

export type FlowView = FlowSummary & { events: FlowEvent[]; code: CodeView | null; token: TokenView | null }

export type FlowEvent = {
  flowId: string
  /** Within its flow, from 1. */
  seq: number
  at: string
  link: Link
  step: StepName | null
  request: RequestView
  cookie: CookieView
  session: { before: SessionView | null; after: SessionView | null }
  code?: CodeView
  token?: TokenView
  trace: Decision[]
  outcome: Outcome
}

export type RequestView = {
  method: string
  path: string
  host: string
  client: string
  headers: [name: string, value: string][]
  /** The body with its secrets masked, as JSON; in words where it is none. */
  body: string | null
}

export type CookieVerdict = 'ok' | 'none' | 'unsigned' | 'bad_signature' | 'unknown' | 'ended' | 'duplicate'

export type CookieView = {
  name: string
  received: boolean
  /** Of every cookie that came. */
  names: string[]
  /** The first 6 characters of ours. */
  begins: string | null
  verdict: CookieVerdict
  set: SetCookieView[]
}

export type SetCookieView = {
  name: string
  begins: string
  attributes: { name: string; value: string | null; means: string }[]
  /** Whether this client will send it back, and why. */
  returns: { will: 'yes' | 'no' | 'if asked'; because: string }
}

export type SessionView = {
  id: string
  stage: string
  userId: string | null
  challenge: string | null
  createdAt: string
  idleUntil: string
  endsAt: string
  amr: string
  endedBecause: string | null
}

export type CodeView = {
  /** With it `/_dev/secrets/:handle` tells the code. */
  handle: string
  purpose: string
  state: 'sent' | 'used' | 'expired' | 'exhausted'
  attemptsLeft: number
  sentAt: string
  expiresAt: string
  resendAt: string
}

export type TokenView = {
  handle: string | null
  /** Whether the server has issued it with this event, or was shown it. */
  origin: 'issued' | 'presented'
  header: Record<string, string>
  claims: Record<string, string | number | string[]>
  /** Names of the account's own claims, whose values are nobody's business here. */
  ownClaims: string[]
}

export type Decision = { check: string; ok: boolean; saw: string; where?: string }

export type Outcome = {
  status: number
  code: string | null
  cause: string | null
  title: string | null
  detail: string | null
  fix: string | null
  headers: [name: string, value: string][]
  body: string | null
  /** Of what the answer took: `all`, and in it `store`, `hash`, `sign`. */
  ms: Record<string, number>
}

export type ClockView = { now: string; aheadMs: number; ahead: string }

export type MailView = { id: string; to: string; subject: string; code: string | null; sentAt: string }

export type MailText = MailView & { text: string; raw: string }

export type LessonName = (typeof lessonNames)[number]

export const lessonNames = [
  'the-four-requests',
  'get-instead-of-post',
  'forget-the-cookie',
  'wrong-code',
  'old-code',
  'no-bearer',
  'tampered-token',
  'expired-token',
  'refresh-twice',
  'text-plain-body',
] as const

export type LessonResult = {
  lesson: LessonName
  flowId: string | null
  /** Every answer was what the lesson expects. */
  isAsExpected: boolean
  steps: { request: string; status: number; code: string | null; cause: string | null; fix: string | null }[]
}

export type StateView = {
  users: { shown: UserView[]; hasMore: boolean }
  sessions: { id: string; user: string; stage: string; device: string; lastSeenAt: string; endsAt: string }[]
  limits: { name: string; allowed: string; refused: number; taken: number }[]
  keys: { kid: string; algorithm: string; state: string; activeAt: string | null }[]
  mail: { waiting: number; sent: number; failed: number }
  /** What the server has noticed around it, in words. */
  notices: string[]
}

export type UserView = { id: string; email: string; createdAt: string; isDisabled: boolean; sessions: number }

export type ConfigView = {
  /** False where the settings did not come from an environment: an application embeds the server. */
  isKnown: boolean
  settings: {
    name: string
    value: string | null
    source: string
    description: string
    effect: string
    production: string | null
  }[]
  productionRefuses: { name: string; wrong: string; fix: string }[]
}
