/** Facts of a refused request, as far as a test gives them; the rest is unknown. */
import type { BodyFacts, Facts } from '../../src/problems/facts.ts'
import { noFacts } from '../../src/problems/no-facts.ts'

/** The members of each part that matter to a test. */
export type FactsOf = Partial<Pick<Facts, 'now' | 'body' | 'token' | 'recalled'>> & {
  [Part in 'request' | 'route' | 'cookie' | 'session' | 'authorization' | 'settings' | 'told']?: Partial<
    Facts[Part]
  >
}

export function factsOf(given: FactsOf): Facts {
  return {
    now: given.now ?? 0,
    request: { ...noFacts.request, ...given.request },
    route: { ...noFacts.route, ...given.route },
    cookie: { ...noFacts.cookie, ...given.cookie },
    session: { ...noFacts.session, ...given.session },
    authorization: { ...noFacts.authorization, ...given.authorization },
    settings: { ...noFacts.settings, ...given.settings },
    told: { ...noFacts.told, ...given.told },
    body: given.body,
    token: given.token,
    recalled: given.recalled,
  }
}

export function bodyWith(known: Partial<BodyFacts>): BodyFacts {
  return {
    kind: 'object',
    looksLike: undefined,
    members: {},
    misnamed: [],
    otpDigits: undefined,
    refreshToken: undefined,
    codeLength: undefined,
    hasToken: false,
    ...known,
  }
}
