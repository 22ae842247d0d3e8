import { createSecret } from '../utils/secret.ts'
import { entryList, type Values } from './entries.ts'
import type { Entry } from './entry.ts'
import { defaultMailFrom } from './mail-from.ts'
import { durationMs } from './parsers.ts'
import { type Environment, readText } from './read-text.ts'
import { cautions, contradictions, productionRefusals } from './rules.ts'

export type Mode = 'development' | 'production'

export type DatabaseSetting =
  | { kind: 'embedded'; directory: string }
  | { kind: 'postgres'; url: string }
  | { kind: 'memory' }

export type Settings = {
  mode: Mode
  port: number
  host: string
  /** An origin, without a slash at its end. */
  publicUrl: string
  /** The first signs, the others verify. */
  sessionSecrets: [string, ...string[]]
  jwtSecret: string | undefined
  jwtAlgorithm: 'ES256' | 'RS256' | 'EdDSA'
  dataDirectory: string
  database: DatabaseSetting
  databaseSync: 'full' | 'normal'
  redisUrl: string | undefined
  smtpUrl: string | undefined
  mailFrom: string
  corsOrigins: string[]
  /** Hops, or a list of addresses and networks. */
  trustProxy: number | string[]
  tokenAudience: string
  /** Who may introspect and revoke tokens. */
  clients: { id: string; secret: string }[]
  accessTokenTtlMs: number
  refreshTokenTtlMs: number
  refreshGraceMs: number
  sessionIdleTtlMs: number
  sessionTtlMs: number
  stepUpTtlMs: number
  /** 0 while no device can be trusted. */
  trustedDeviceTtlMs: number
  registration: 'open' | 'invite' | 'closed'
  breachedPasswords: boolean
  otpTtlMs: number
  otpResendAfterMs: number
  otpAttempts: number
  otpLength: number
  rateLimits: boolean
  /** Development only: opens /_dev to whoever brings it. */
  devToolsKey: string | undefined
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}

/** What is wrong with a setting and how to correct it. Never holds a secret. */
export type SettingNotice = { name: string; wrong: string; fix: string }

/**
 * The settings of an environment, or one `SettingsError` with all mistakes in it.
 *
 * @param mode how strict to be where `NODE_ENV` doesn't say
 */
export function readSettings(
  env: Environment,
  mode: Mode,
): { settings: Settings; warnings: SettingNotice[] } {
  const { settings, mistakes, warnings } = judgeSettings(env, mode)
  if (mistakes.length > 0) throw new SettingsError(mistakes)
  return { settings, warnings }
}

/** As `readSettings`, for whoever explains the mistakes: a setting with one counts as unset. */
export function judgeSettings(
  env: Environment,
  mode: Mode,
): { settings: Settings; mistakes: SettingNotice[]; warnings: SettingNotice[] } {
  const { values, mistakes } = readValues(env)
  const settings = settingsOf(values, values.NODE_ENV ?? mode)
  const isNew = (notice: SettingNotice) => !mistakes.some((mistake) => isAbout(mistake, notice.name))
  mistakes.push(...contradictions(settings).filter(isNew))
  const refusals = productionRefusals(values, settings).filter(isNew)
  if (settings.mode === 'production') mistakes.push(...refusals)
  const tolerated = settings.mode === 'development' ? onePerName(refusals) : []
  return { settings, mistakes, warnings: [...tolerated, ...cautions(settings)] }
}

export class SettingsError extends Error {
  readonly mistakes: SettingNotice[]

  constructor(mistakes: SettingNotice[]) {
    const lines = mistakes.map(({ name, wrong, fix }) => `  ${name}: ${wrong}. Fix: ${fix}`)
    super(['The settings need a correction:', ...lines].join('\n'))
    this.name = 'SettingsError'
    this.mistakes = mistakes
  }
}

/** A setting with a mistake counts as unset, so that the rest can still be judged and is reported with it. */
function readValues(env: Environment): { values: Values; mistakes: SettingNotice[] } {
  const mistakes: SettingNotice[] = []
  const values: Record<string, unknown> = {}
  for (const [name, entry] of entryList) {
    const { text, mistake } = readText(env, name, entry.secret === true)
    if (mistake) mistakes.push(mistake)
    const parsed = text === undefined ? undefined : entry.parse(entry.secret ? text : text.trim())
    if (parsed?.ok === false) mistakes.push({ name, wrong: parsed.wrong, fix: parsed.fix })
    values[name] = parsed?.ok ? parsed.value : defaultOf(name, entry)
  }
  // The loop filled in exactly what the table says; a test parses every default.
  return { values: values as Values, mistakes }
}

function defaultOf(name: string, entry: Entry<unknown>): unknown {
  if (entry.default === undefined) return undefined
  const parsed = entry.parse(entry.default)
  if (!parsed.ok) throw new TypeError(`the default of ${name} does not fit its own rule`)
  return parsed.value
}

function settingsOf(values: Values, mode: Mode): Settings {
  const publicUrl = values.PUBLIC_URL ?? new URL(`http://localhost:${values.PORT}`).origin
  return {
    mode,
    port: values.PORT,
    host: values.HOST ?? (mode === 'production' ? '0.0.0.0' : '127.0.0.1'),
    publicUrl,
    sessionSecrets: values.SESSION_SECRET ?? [createSecret()],
    jwtSecret: values.JWT_SECRET,
    jwtAlgorithm: values.JWT_ALG,
    dataDirectory: values.DATA_DIR,
    database: values.DATABASE_URL ?? { kind: 'embedded', directory: values.DATA_DIR },
    databaseSync: values.DATABASE_SYNC,
    redisUrl: values.REDIS_URL,
    smtpUrl: values.SMTP_URL,
    mailFrom: values.MAIL_FROM ?? defaultMailFrom(publicUrl),
    corsOrigins: values.CORS_ORIGINS ?? [],
    trustProxy: values.TRUST_PROXY,
    tokenAudience: values.TOKEN_AUDIENCE ?? publicUrl,
    clients: values.CLIENTS ?? [],
    ...lifetimesOf(values),
    registration: values.REGISTRATION,
    breachedPasswords: values.BREACHED_PASSWORDS === 'on',
    otpAttempts: values.OTP_ATTEMPTS,
    otpLength: values.OTP_LENGTH,
    rateLimits: values.RATE_LIMITS === 'on',
    devToolsKey: values.DEV_TOOLS_KEY,
    logLevel: values.LOG_LEVEL,
  }
}

function lifetimesOf(values: Values) {
  // The defaults give way to a shorter session: who sets only SESSION_TTL shouldn't have to set three.
  return {
    accessTokenTtlMs: values.ACCESS_TOKEN_TTL ?? Math.min(durationMs('5m'), values.SESSION_TTL),
    refreshTokenTtlMs: values.REFRESH_TOKEN_TTL,
    refreshGraceMs: values.REFRESH_GRACE,
    sessionIdleTtlMs: values.SESSION_IDLE_TTL ?? Math.min(durationMs('24h'), values.SESSION_TTL),
    sessionTtlMs: values.SESSION_TTL,
    stepUpTtlMs: values.STEP_UP_TTL,
    trustedDeviceTtlMs: values.TRUSTED_DEVICE_TTL,
    otpTtlMs: values.OTP_TTL,
    otpResendAfterMs: values.OTP_RESEND_AFTER,
  }
}

function isAbout(mistake: SettingNotice, name: string): boolean {
  return mistake.name === name || mistake.name === `${name}_FILE`
}

/** Development says one thing about a setting; the next follows once that is corrected. */
function onePerName(notices: SettingNotice[]): SettingNotice[] {
  return notices.filter((notice, index) => notices.findIndex(({ name }) => name === notice.name) === index)
}
