import { guessChancePerYear } from '../utils/code-budget.ts'
import { formatDuration } from '../utils/duration.ts'
import { hasDefaultCredentials, isOpenRedis } from './connection-urls.ts'
import type { Values } from './entries.ts'
import { formatChance, greatestAttempts, greatestGuessChance } from './guess-budget.ts'
import { isLoopbackOrigin } from './origins.ts'
import { durationMs } from './parsers.ts'
import { secretWeakness } from './secrets.ts'
import type { SettingNotice, Settings } from './settings.ts'

/** What no mode accepts: settings that are each fine, but not together. */
export function contradictions(settings: Settings): SettingNotice[] {
  return [
    longerThanSession('SESSION_IDLE_TTL', settings.sessionIdleTtlMs, settings),
    longerThanSession('ACCESS_TOKEN_TTL', settings.accessTokenTtlMs, settings),
    guessableCode(settings),
    limitsOffInPublic(settings),
  ].filter((notice) => notice !== undefined)
}

/** What production refuses and development only warns about (contract 2). */
export function productionRefusals(values: Values, settings: Settings): SettingNotice[] {
  return [
    values.SESSION_SECRET ? weakSessionSecret(values.SESSION_SECRET) : missingSessionSecret(settings),
    weakJwtSecret(settings),
    sharedSecret(settings),
    ...weakClients(settings),
    plainHttp(settings),
    defaultCredentials(settings),
    longLivedCode(settings),
    ...(settings.mode === 'production'
      ? [noMail(settings), memoryInPublic(settings), openDevTools(settings)]
      : []),
  ].filter((notice) => notice !== undefined)
}

/** What is allowed, and still worth a line at every start. */
export function cautions(settings: Settings): SettingNotice[] {
  const notices: SettingNotice[] = []
  if (!settings.rateLimits) {
    notices.push({
      name: 'RATE_LIMITS',
      wrong: 'it is off: nothing slows down guessing',
      fix: 'Set RATE_LIMITS=on.',
    })
  }
  if (settings.accessTokenTtlMs > settings.sessionIdleTtlMs) {
    const idleTtl = formatDuration(settings.sessionIdleTtlMs)
    notices.push({
      name: 'ACCESS_TOKEN_TTL',
      wrong: `it is longer than SESSION_IDLE_TTL (${idleTtl}): APIs that verify tokens themselves go on with those of an idle session`,
      fix: `Use at most ${idleTtl}, or raise SESSION_IDLE_TTL.`,
    })
  }
  if (settings.mode === 'production' && settings.database.kind === 'memory') {
    const wrong = 'memory: forgets every account when the server stops'
    notices.push({
      name: 'DATABASE_URL',
      wrong,
      fix: 'Leave it out for the embedded store, or name a Postgres.',
    })
  }
  if (settings.mode === 'production' && settings.redisUrl !== undefined && isOpenRedis(settings.redisUrl)) {
    const wrong = 'it has no password: whoever reaches the port can read and end sessions (ASVS 13.2.3)'
    notices.push({
      name: 'REDIS_URL',
      wrong,
      fix: 'Give Redis a password and write it as redis://:password@host.',
    })
  }
  return notices
}

type Verdict = SettingNotice | undefined

function longerThanSession(name: string, ttlMs: number, settings: Settings): Verdict {
  if (ttlMs <= settings.sessionTtlMs) return undefined
  const sessionTtl = formatDuration(settings.sessionTtlMs)
  const wrong = `${formatDuration(ttlMs)} is longer than SESSION_TTL (${sessionTtl}), which ends everything`
  return { name, wrong, fix: `Use at most ${sessionTtl}, or raise SESSION_TTL.` }
}

function guessableCode(settings: Settings): Verdict {
  const chance = guessChancePerYear({ ...settings, secrets: settings.sessionSecrets.length })
  if (chance <= greatestGuessChance) return undefined
  const { otpLength, otpAttempts } = settings
  const allowed = greatestAttempts(otpLength)
  return {
    name: 'OTP_LENGTH',
    wrong:
      `${otpLength} digits with OTP_ATTEMPTS=${otpAttempts} can be guessed with a chance of ${formatChance(chance)} ` +
      `per account and year; at most ${formatChance(greatestGuessChance)} is allowed`,
    fix: allowed > 0 ? `Use 6 digits, or OTP_ATTEMPTS=${allowed} or fewer.` : 'Use 6 digits.',
  }
}

function limitsOffInPublic(settings: Settings): Verdict {
  if (settings.rateLimits || isLoopbackOrigin(settings.publicUrl)) return undefined
  const wrong = 'it is off while PUBLIC_URL can be reached by others'
  return {
    name: 'RATE_LIMITS',
    wrong,
    fix: 'Set RATE_LIMITS=on, or use a loopback PUBLIC_URL for the load test.',
  }
}

function missingSessionSecret({ mode, database, redisUrl }: Settings): SettingNotice {
  if (mode === 'production') return { name: 'SESSION_SECRET', wrong: 'it is missing', fix: freshSecret }
  const wrong = 'it is missing: this run uses a random one, so codes and sessions end with it'
  // Who names a shared store may start a second process, which would make up another secret (A-BOOT-01).
  const isShared = database.kind === 'postgres' || redisUrl !== undefined
  const more = isShared ? ', and no other process understands them' : ''
  return { name: 'SESSION_SECRET', wrong: wrong + more, fix: freshSecret }
}

function weakSessionSecret(secrets: string[]): Verdict {
  for (const [index, secret] of secrets.entries()) {
    const weakness = secretWeakness(secret)
    const which = secrets.length > 1 ? `entry ${index + 1}` : 'it'
    if (weakness) return { name: 'SESSION_SECRET', wrong: `${which} ${weakness}`, fix: freshSecret }
  }
  return undefined
}

function weakJwtSecret({ jwtSecret }: Settings): Verdict {
  const weakness = jwtSecret === undefined ? undefined : secretWeakness(jwtSecret)
  if (!weakness) return undefined
  return {
    name: 'JWT_SECRET',
    wrong: `it ${weakness}`,
    fix: `Leave it out for asymmetric keys. Or: ${freshSecret}`,
  }
}

function sharedSecret({ jwtSecret, sessionSecrets }: Settings): Verdict {
  if (jwtSecret === undefined || !sessionSecrets.includes(jwtSecret)) return undefined
  const wrong = 'it is also a SESSION_SECRET, so whoever verifies tokens could forge sessions'
  return { name: 'JWT_SECRET', wrong, fix: `Use another one for each. ${freshSecret}` }
}

function weakClients({ clients, sessionSecrets, jwtSecret, devToolsKey }: Settings): SettingNotice[] {
  const others = [...sessionSecrets, jwtSecret, devToolsKey]
  return clients.flatMap(({ secret }, index) => {
    const isShared = others.includes(secret) || clients.findIndex((each) => each.secret === secret) !== index
    const weakness = secretWeakness(secret) ?? (isShared ? 'is also another secret here' : undefined)
    if (weakness === undefined) return []
    return [{ name: 'CLIENTS', wrong: `the secret of entry ${index + 1} ${weakness}`, fix: freshSecret }]
  })
}

function plainHttp({ publicUrl }: Settings): Verdict {
  if (publicUrl.startsWith('https:') || isLoopbackOrigin(publicUrl)) return undefined
  const wrong = 'it is http: passwords, codes and cookies would cross the network readable'
  return {
    name: 'PUBLIC_URL',
    wrong,
    fix: 'Use the https: address of the server or of the proxy in front of it.',
  }
}

function defaultCredentials({ database }: Settings): Verdict {
  if (!hasDefaultCredentials(database)) return undefined
  const wrong = 'it logs in as postgres with the password postgres, which everybody tries first'
  return { name: 'DATABASE_URL', wrong, fix: 'Create a role for Sallyport with a password of its own.' }
}

function longLivedCode({ otpTtlMs }: Settings): Verdict {
  if (otpTtlMs <= durationMs('10m')) return undefined
  const wrong = `${formatDuration(otpTtlMs)} is longer than a code may live (10m, ASVS 6.5.5)`
  return { name: 'OTP_TTL', wrong, fix: 'Use at most 10m.' }
}

function noMail({ smtpUrl }: Settings): Verdict {
  if (smtpUrl !== undefined) return undefined
  const wrong = 'it is missing: no code would reach anybody'
  return { name: 'SMTP_URL', wrong, fix: 'Name a mail server: smtp://user:password@mail.example:587.' }
}

/** On a loopback address production may be tried out without a disk; `cautions` says so. */
function memoryInPublic({ database, publicUrl }: Settings): Verdict {
  if (database.kind !== 'memory' || isLoopbackOrigin(publicUrl)) return undefined
  const wrong = 'memory: forgets every account when the server stops'
  return { name: 'DATABASE_URL', wrong, fix: 'Leave it out for the embedded store, or name a Postgres.' }
}

function openDevTools({ devToolsKey }: Settings): Verdict {
  if (devToolsKey === undefined) return undefined
  const wrong = 'it is set, and it is only for the tools of development'
  return { name: 'DEV_TOOLS_KEY', wrong, fix: 'Leave it out in production.' }
}

const freshSecret = 'Put in the output of: npx sallyport secret'
