import { isSafeAddress } from './discovery.ts'
import { milliseconds } from './duration.ts'
import type { Fetch } from './fetch-document.ts'
import type { IssuerSettings } from './issuer.ts'
import { isNames } from './jws.ts'
import type { VerifyOptions } from './options.ts'
import type { ClaimRules, Policy } from './policy.ts'
import type { ProblemSettings } from './problem.ts'
import { minSecretBytes, readSecret } from './secret-keys.ts'
import { registeredClaims } from './token.ts'

export type Settings = {
  source: IssuerSettings
  policy: Policy
  problems: ProblemSettings
  liveness: 'none' | 'feed' | 'session'
  feedMaxAgeMs: number
  whenFeedIsSilent: 'refuse' | 'accept'
  sessionMaxAgeMs: number
}

/** @throws TypeError that lists every wrong option with its fix */
export function readOptions(options: VerifyOptions): Settings {
  const faults: string[] = []
  const refuse = (name: string, words: string) => void faults.push(`${name} ${words}`)
  for (const name of Object.keys(options)) {
    if (!known.has(name)) refuse(name, `is no option: there are ${[...known].join(', ')}`)
  }
  const settings = read(options, refuse)
  if (faults.length > 0) throw new TypeError(`@sallyport/verify: ${faults.join('; ')}`)
  return settings
}

type Refuse = (name: string, words: string) => void

const known: ReadonlySet<string> = new Set<keyof VerifyOptions>([
  ...(['issuer', 'audience', 'amr', 'maxAge', 'claims', 'scope', 'clockTolerance', 'missingStatus'] as const),
  ...(['realm', 'secret', 'jwksUri', 'revocationsUri', 'checkUri', 'allowHttp', 'staleKeysFor'] as const),
  ...([
    'liveness',
    'feedMaxAge',
    'whenFeedIsSilent',
    'sessionMaxAge',
    'fetch',
    'development',
    'now',
  ] as const),
])

const globalFetch: Fetch = (url, init) => globalThis.fetch(url, init)
const wallClock = () => Date.now()

function read(options: VerifyOptions, refuse: Refuse): Settings {
  const source = readSource(options, refuse)
  const { liveness, whenFeedIsSilent } = options
  return {
    source,
    policy: readPolicy(options, refuse),
    problems: readProblems(options, refuse),
    liveness: oneOf('liveness', liveness ?? 'none', ['none', 'feed', 'session'], refuse),
    feedMaxAgeMs: duration('feedMaxAge', options.feedMaxAge ?? '5s', [1_000, 300_000], refuse),
    whenFeedIsSilent: oneOf('whenFeedIsSilent', whenFeedIsSilent ?? 'refuse', ['refuse', 'accept'], refuse),
    sessionMaxAgeMs: duration('sessionMaxAge', options.sessionMaxAge ?? '2s', [0, 300_000], refuse),
  }
}

function readSource(options: VerifyOptions, refuse: Refuse): IssuerSettings {
  const { issuer, secret, allowHttp = false, jwksUri, revocationsUri, checkUri } = options
  for (const [name, url] of Object.entries({ issuer, jwksUri, revocationsUri, checkUri })) {
    if (url === undefined && name !== 'issuer') continue
    if (typeof url === 'string' && isSafeAddress(url, allowHttp)) continue
    refuse(
      name,
      'has to be an https: URL (http: only to this machine, or with allowHttp), as PUBLIC_URL has it',
    )
  }
  const given = secret === undefined ? [] : Array.isArray(secret) ? secret : [secret]
  const secrets = given.flatMap((each) => readSecret(each) ?? [])
  if (secrets.length < given.length || (secret !== undefined && given.length === 0)) {
    refuse(
      'secret',
      `has to be text or a secret KeyObject of at least ${minSecretBytes} bytes: the JWT_SECRET`,
    )
  }
  if (secret !== undefined && jwksUri !== undefined) {
    refuse(
      'secret',
      'and jwksUri exclude each other: a server signs with JWT_SECRET, or with keys that it publishes',
    )
  }
  const staleKeysForMs = duration('staleKeysFor', options.staleKeysFor ?? '24h', [0, 30 * 86_400_000], refuse)
  const { fetch = globalFetch, now = wallClock } = options
  if (typeof fetch !== 'function') refuse('fetch', 'has to be a function like the global fetch')
  if (typeof now !== 'function') refuse('now', 'has to be a function that gives milliseconds')
  return {
    ...{ issuer, secrets, jwksUri, revocationsUri, checkUri },
    ...{ allowHttp, staleKeysForMs, fetch, now },
  }
}

function readPolicy(options: VerifyOptions, refuse: Refuse): Policy {
  const { issuer, audience = issuer, amr = [], maxAge, claims, scope = [] } = options
  const audiences = names(typeof audience === 'string' ? [audience] : audience)
  if (!audiences || audiences.length === 0) {
    refuse('audience', 'has to be the TOKEN_AUDIENCE of the issuer, or a list of such')
  }
  const methods = names(amr)
  // Given and empty would ask for nothing, and nobody would see that.
  if (!methods || (options.amr !== undefined && methods.length === 0)) {
    refuse('amr', "has to be a list of methods, such as ['otp']; to ask for none, leave it out")
  }
  const scopes = names(typeof scope === 'string' ? scope.split(' ').filter((word) => word !== '') : scope)
  const areWords = scopes?.every((word) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(word))
  if (!areWords || (options.scope !== undefined && scopes?.length === 0)) {
    refuse('scope', "has to be words, such as 'reports:read'; to ask for none, leave it out")
  }
  checkClaims(claims, refuse)
  return {
    audiences: audiences ?? [],
    amr: methods ?? [],
    maxAgeMs:
      maxAge === undefined ? undefined : duration('maxAge', maxAge, [1_000, 400 * 86_400_000], refuse),
    claims: typeof claims === 'object' ? { ...claims } : claims,
    scopes: scopes ?? [],
    clockToleranceMs: duration('clockTolerance', options.clockTolerance ?? '5s', [0, 60_000], refuse),
  }
}

/** A copy, so that nobody changes a guard after it was made. */
function names(value: unknown): string[] | undefined {
  return isNames(value) ? [...value] : undefined
}

function checkClaims(claims: ClaimRules | undefined, refuse: Refuse): void {
  if (claims === undefined || typeof claims === 'function') return
  if (typeof claims !== 'object' || claims === null) {
    refuse('claims', "has to be values by name, such as { role: 'admin' }, or a function")
    return
  }
  for (const [name, test] of Object.entries(claims)) {
    if (registeredClaims.includes(name)) {
      refuse('claims', `can not ask for ${name}: there are issuer, audience, amr and maxAge, and req.auth`)
    }
    const isValue = test === null || ['string', 'number', 'boolean', 'function'].includes(typeof test)
    if (!isValue)
      refuse('claims', `has for ${name} neither a text, number or boolean nor a function: write a function`)
  }
}

function readProblems(options: VerifyOptions, refuse: Refuse): ProblemSettings {
  const { issuer, realm = issuer, missingStatus = 401 } = options
  // RFC 9110 5.6.4: what may stand in quotes without an escape.
  if (typeof realm !== 'string' || !/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(realm)) {
    refuse('realm', 'has to be printable ASCII without quotes and backslashes')
  }
  if (missingStatus !== 401 && missingStatus !== 403) refuse('missingStatus', 'has to be 401 or 403')
  const { development = globalThis.process?.env?.NODE_ENV !== 'production' } = options
  return { issuer, realm, missingStatus, development }
}

function duration(
  name: string,
  value: string | number,
  [min, max]: [number, number],
  refuse: Refuse,
): number {
  const read = milliseconds(value)
  if (read !== undefined && read >= min && read <= max) return read
  const [least, most] = [min / 1_000, max / 1_000]
  refuse(name, `has to be a duration such as '10m', or seconds, from ${least} s to ${most} s`)
  return 0
}

function oneOf<Choice extends string>(
  name: string,
  value: Choice,
  choices: Choice[],
  refuse: Refuse,
): Choice {
  if (!choices.includes(value)) refuse(name, `has to be ${choices.join(' or ')}`)
  return value
}
