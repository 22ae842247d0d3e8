import { hash } from 'node:crypto'
import type { Auth, TokenResult } from './auth.ts'
import { readBearer } from './bearer.ts'
import { type Issuer, openIssuer } from './issuer.ts'
import { readJws } from './jws.ts'
import type { VerifyOptions } from './options.ts'
import { findRefusal } from './policy.ts'
import { toProblem } from './problem.ts'
import { readOptions, type Settings } from './read-options.ts'
import { invalidToken, type Refusal, Refused, unavailable } from './refusal.ts'
import type { SessionAnswer } from './session-checks.ts'
import { maxTokenLength, readClaims, type SeenToken, tokenTypes } from './token.ts'

/** Checks tokens as its options say. What it knows of the issuer is shared by all of this process that name the same one. */
export interface Verifier {
  /** A token alone. At once for one that was seen before; never throws, and never rejects, for a bad token. */
  verify(token: string): TokenResult | Promise<TokenResult>
  /**
   * The token of a request.
   *
   * @param lines the value of every Authorization header that came
   */
  authenticate(lines: readonly string[]): TokenResult | Promise<TokenResult>
  /** Ends timers and requests. A verifier that is never closed holds no process up. */
  close(): void
}

/** @throws TypeError when an option is wrong, with its name and the fix */
export function createVerifier(options: VerifyOptions): Verifier {
  const settings = readOptions(options)
  const issuer = openIssuer(settings.source)
  const check = createCheck(settings, issuer)
  return {
    verify: check,
    authenticate(lines) {
      const found = readBearer(lines)
      return typeof found === 'string' ? check(found) : refuse(settings, found)
    },
    close: issuer.close,
  }
}

type Check = (token: string) => TokenResult | Promise<TokenResult>

function createCheck(settings: Settings, issuer: Issuer): Check {
  const { source, policy } = settings
  const { keys, seen } = issuer
  const live = createLivenessCheck(settings, issuer)

  function admit(known: SeenToken, token: string, digest: string): TokenResult | Promise<TokenResult> {
    const refusal = findRefusal(known, policy, source.now())
    if (refusal) return refuse(settings, refusal)
    const fault = live(known, token, digest)
    return fault instanceof Promise ? fault.then(settle) : settle(fault)

    function settle(found: Refusal | undefined): TokenResult {
      return found ? refuse(settings, found) : { ok: true, auth: authFrom(known, token) }
    }
  }

  async function checkUnseen(token: string, digest: string): Promise<TokenResult> {
    try {
      const { kid, payload } = await readJws(token, tokenTypes, keys.find.bind(keys))
      const known = readClaims(payload, kid, source.issuer)
      // Only what a good signature stands behind is remembered.
      seen.set(digest, known)
      return await admit(known, token, digest)
    } catch (reason) {
      if (reason instanceof Refused) return refuse(settings, reason.refusal)
      throw reason
    }
  }

  return (token) => {
    if (typeof token !== 'string' || token.length > maxTokenLength) return refuse(settings, tooLong.refusal)
    const digest = hash('sha256', token, 'base64url')
    const known = seen.get(digest)
    // A key that left the set takes its tokens with it, and one that has to be read again makes them wait.
    const key = known && keys.find(known.kid)
    if (!known || !key || key instanceof Promise) {
      if (key instanceof Promise) key.catch(() => {})
      return checkUnseen(token, digest)
    }
    return admit(known, token, digest)
  }
}

const tooLong = invalidToken('cut_off', `It is no text, or longer than ${maxTokenLength} characters.`)

type LivenessCheck = (
  known: SeenToken,
  token: string,
  digest: string,
) => Refusal | undefined | Promise<Refusal | undefined>

function createLivenessCheck(settings: Settings, { feed, sessions }: Issuer): LivenessCheck {
  const { liveness, feedMaxAgeMs, whenFeedIsSilent, sessionMaxAgeMs } = settings
  if (liveness === 'none') return () => undefined
  if (liveness === 'session') {
    return (_, token, digest) => {
      const answer = sessions.answer(token, digest, sessionMaxAgeMs)
      return answer instanceof Promise ? answer.then(refusalOfSession) : refusalOfSession(answer)
    }
  }
  return (known) => {
    const state = feed.state(feedMaxAgeMs, known)
    return state instanceof Promise ? state.then(judge) : judge(state)

    function judge(found: Awaited<typeof state>): Refusal | undefined {
      const over = feed.judge(known)
      if (over) return ended[over]
      if (found === 'fresh' || whenFeedIsSilent === 'accept') return undefined
      if (found === 'too_short') return outlives
      return unavailable(
        'feed_silent',
        `The revocation feed is silent: ${feed.failure ?? 'its answers are old'}.`,
      ).refusal
    }
  }
}

function refusalOfSession(answer: SessionAnswer): Refusal | undefined {
  if (answer === 'alive') return undefined
  if (answer === 'refused') return refusedThere
  if (answer !== 'unknown') return ended[answer]
  return unavailable('issuer_away', 'The issuer does not say whether the session is alive.').refusal
}

const ended = {
  session_over: invalidToken('session_over', 'The session of this token has ended.').refusal,
  key_revoked: invalidToken('key_revoked', 'The key of this token was revoked.').refusal,
}
const refusedThere = invalidToken('refused_by_issuer', 'The issuer does not accept this token now.').refusal
const outlives = invalidToken(
  'outlives_feed',
  'It lives longer than the revocation feed looks back: ACCESS_TOKEN_TTL was shortened since.',
).refusal

function refuse(settings: Settings, refusal: Refusal): TokenResult {
  return { ok: false, problem: toProblem(refusal, settings.problems) }
}

function authFrom({ sub, sid, jti, amr, authTime, exp, claims }: SeenToken, token: string): Auth {
  return { sub, sid, jti, amr, authTime, exp, claims, token }
}
