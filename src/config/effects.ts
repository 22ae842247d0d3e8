import { codeBudget, guessChancePerYear } from '../utils/code-budget.ts'
import { formatDuration } from '../utils/duration.ts'
import type { Values } from './entries.ts'
import { describeLocks, formatChance } from './guess-budget.ts'
import { isLoopbackOrigin } from './origins.ts'
import type { Settings } from './settings.ts'

type Effect = (settings: Settings) => string

/** What a setting brings or forbids with the value that it has. */
export const effects: Record<keyof Values, Effect> = {
  PORT: ({ port }) => (port === 0 ? 'A free port is taken at each start.' : `The server listens on ${port}.`),
  SESSION_SECRET: ({ sessionSecrets }) =>
    sessionSecrets.length > 1
      ? `The first secret signs, ${sessionSecrets.length - 1} more still verify. Each adds to the chance of guessing a code.`
      : 'Cookies, codes and stored keys hang on it: another one ends every session. Replace it as NEW,OLD.',
  JWT_SECRET: ({ jwtSecret }) =>
    jwtSecret === undefined
      ? 'Keys are made, rotated and published as JWKS: other services verify tokens without a secret.'
      : 'Tokens are HS256: the JWKS is empty, no other service can verify them, and `key rotate` is refused.',
  NODE_ENV: ({ mode }) =>
    mode === 'production'
      ? 'Production refuses weak settings, and has neither /_dev nor a development account.'
      : 'Development warns where production refuses, shows codes in the console and at /_dev/inbox.',
  HOST: ({ host }) =>
    /^(127\.|::1$|localhost$)/.test(host)
      ? 'Only this machine reaches the server.'
      : 'Other machines reach the server, past a proxy too where no firewall stands.',
  PUBLIC_URL: ({ publicUrl }) =>
    publicUrl.startsWith('https:')
      ? 'Cookies are Secure with the prefix __Host-; browsers keep them over https only. It is the `iss` of tokens.'
      : isLoopbackOrigin(publicUrl)
        ? 'Plain cookies, for this machine. It is the `iss` of tokens.'
        : 'Passwords and cookies cross the network readable: production refuses it.',
  TRUST_PROXY: ({ trustProxy }) =>
    trustProxy === 0
      ? 'X-Forwarded-For is not believed: behind a proxy all clients share one address, and its limits.'
      : `X-Forwarded-For is believed from ${typeof trustProxy === 'number' ? `${trustProxy} hops` : 'these networks'}: nobody else may reach the port.`,
  CORS_ORIGINS: ({ corsOrigins }) =>
    corsOrigins.length === 0
      ? 'Pages of other origins are refused (cross_site_request).'
      : 'Pages of these origins may call with credentials; the cookie is SameSite=Lax, so they have to be of the same site.',
  RATE_LIMITS: ({ rateLimits }) =>
    rateLimits
      ? 'Guessing is slowed down per network and address.'
      : 'Nothing slows down guessing; only for load tests.',
  DEV_TOOLS_KEY: ({ devToolsKey }) =>
    devToolsKey === undefined
      ? 'Development shows /_dev to this machine only.'
      : 'Whoever has the key sees every attempt, code and token of this server: production refuses it.',
  LOG_LEVEL: ({ logLevel }) =>
    ['silent', 'fatal', 'error'].includes(logLevel)
      ? 'Warnings, events and refusals are not logged: support codes lead nowhere.'
      : logLevel === 'warn'
        ? 'Events and refusals are not logged: support codes lead only to the audit trail.'
        : 'Every event and refusal is a line.',
  DATA_DIR: ({ database, dataDirectory }) =>
    database.kind === 'embedded'
      ? `The store is ${dataDirectory}/sallyport.db.`
      : 'Not used: DATABASE_URL names another store.',
  DATABASE_URL: ({ database }) => databaseEffect[database.kind],
  DATABASE_SYNC: ({ database, databaseSync }) =>
    database.kind !== 'embedded'
      ? 'Not used: it is for the embedded store.'
      : databaseSync === 'full'
        ? 'What was acknowledged survives a power cut.'
        : 'A power cut may lose the last milliseconds.',
  REDIS_URL: ({ redisUrl }) =>
    redisUrl === undefined
      ? 'Limits and last-seen times are in the store or in memory.'
      : 'Limits and last-seen times are in Redis, which may be flushed.',
  SMTP_URL: ({ smtpUrl, mode }) =>
    smtpUrl !== undefined
      ? 'Codes and notices leave by this server.'
      : mode === 'production'
        ? 'No code would reach anybody.'
        : 'Codes are shown in the console and at /_dev/inbox; production refuses it.',
  MAIL_FROM: () => 'The sender of every mail; its domain has to allow the mail server (SPF, DKIM).',
  JWT_ALG: ({ jwtSecret, jwtAlgorithm }) =>
    jwtSecret === undefined
      ? `New keys are for ${jwtAlgorithm}; those of before stay until their tokens died.`
      : 'Not used: JWT_SECRET signs (HS256).',
  TOKEN_AUDIENCE: ({ tokenAudience }) => `Only who expects the audience ${tokenAudience} accepts a token.`,
  CLIENTS: ({ clients }) =>
    clients.length === 0
      ? 'Nobody may ask POST /auth/introspect or POST /auth/revoke.'
      : `Services that may see what any token says and end its session: ${clients.length}.`,
  ACCESS_TOKEN_TTL: ({ accessTokenTtlMs }) =>
    `A service that verifies by JWKS alone accepts a token of an ended session for up to ${formatDuration(accessTokenTtlMs)}; this server for 1 s.`,
  REFRESH_TOKEN_TTL: ({ refreshTokenTtlMs }) =>
    `A client that stays away longer than ${formatDuration(refreshTokenTtlMs)} logs in again.`,
  REFRESH_GRACE: ({ refreshGraceMs }) =>
    refreshGraceMs === 0
      ? 'A client that loses an answer and repeats its refresh loses its session.'
      : `A repeated refresh gets the same answer for ${formatDuration(refreshGraceMs)}; after that it ends the session.`,
  SESSION_IDLE_TTL: ({ sessionIdleTtlMs }) =>
    `A session that is not used for ${formatDuration(sessionIdleTtlMs)} ends.`,
  SESSION_TTL: ({ sessionTtlMs }) =>
    `Everybody logs in again after ${formatDuration(sessionTtlMs)} at the latest.`,
  STEP_UP_TTL: ({ stepUpTtlMs }) =>
    `Sensitive acts need a code not older than ${formatDuration(stepUpTtlMs)}.`,
  TRUSTED_DEVICE_TTL: ({ trustedDeviceTtlMs }) =>
    trustedDeviceTtlMs === 0
      ? 'Every login needs a code.'
      : `A trusted browser needs no code for ${formatDuration(trustedDeviceTtlMs)}.`,
  OTP_TTL: ({ otpTtlMs }) => `A code is good for ${formatDuration(otpTtlMs)}; the mail has to arrive within.`,
  OTP_RESEND_AFTER: ({ otpResendAfterMs }) =>
    `A code is sent again after ${formatDuration(otpResendAfterMs)} at the earliest.`,
  OTP_ATTEMPTS: (settings) => `${describeLocks(codeBudget(settings))}.`,
  OTP_LENGTH: (settings) =>
    `The chance of guessing a code is at most ${formatChance(guessChancePerYear({ ...settings, secrets: settings.sessionSecrets.length }))} per account and year.`,
  REGISTRATION: ({ registration }) => registrationEffect[registration],
  BREACHED_PASSWORDS: ({ breachedPasswords }) =>
    breachedPasswords
      ? 'The server calls api.pwnedpasswords.com for each new password.'
      : 'New passwords are held against the bundled list only.',
}

const databaseEffect = {
  embedded: 'One server process only: a second one refuses to start.',
  postgres: 'Any number of server processes may share it.',
  memory: 'Everything is forgotten at the end, and no command reaches it.',
}

const registrationEffect = {
  open: 'Anybody with a mailbox opens an account.',
  invite: 'Only the code of `sallyport user invite` opens an account.',
  closed: 'Accounts come from the command line only.',
}
