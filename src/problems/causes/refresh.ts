import { sayDuration } from '../../utils/duration.ts'
import { alsoFor, type CauseRow } from '../cause-row.ts'
import { ago } from '../words.ts'

const accessTokenSent = [
  {
    code: 'refresh_invalid',
    cause: 'access_token_sent',
    means: 'The access token was sent where the refresh token belongs.',
    shownIn: 'production',
    when: ({ body }) =>
      body?.refreshToken === 'jwt'
        ? 'refreshToken holds a JWT, and refresh tokens begin with srt_.'
        : undefined,
    fix: 'Send the refreshToken that POST /auth/token gave for {"refresh":true}.',
    howOften: 3,
  },
] as const satisfies readonly CauseRow[]

/** Why a refresh token is not taken. */
export const refreshCauses = [
  ...accessTokenSent,
  // A real one is longer than the body may hold.
  ...alsoFor('invalid_request', accessTokenSent),
  {
    code: 'refresh_invalid',
    cause: 'no_refresh_token',
    means: 'What was sent is no refresh token: these begin with srt_.',
    shownIn: 'production',
    when: ({ body }) =>
      body?.refreshToken === 'other'
        ? 'refreshToken does not begin with srt_ or has another length than one.'
        : undefined,
    fix: 'Send the refreshToken that POST /auth/token gave for {"refresh":true}, whole.',
    howOften: 2,
  },
  {
    code: 'refresh_invalid',
    cause: 'refresh_over',
    means:
      'The refresh token has expired (REFRESH_TOKEN_TTL), its session has ended, or another server made it.',
    shownIn: 'development',
    when: () => 'It has the form of a refresh token: probably its session has ended, or it has expired.',
    fix: 'Log in again.',
    howOften: 5,
  },
  {
    code: 'refresh_reused',
    cause: 'two_clients',
    means: 'Two clients share one refresh token: the second came with what the first had already replaced.',
    shownIn: 'development',
    when: ({ recalled, settings }) =>
      recalled?.reuse?.isOtherClient
        ? `Another client replaced this token ${ago(recalled.reuse.secondsSinceRotation)}; the grace is ${sayDuration(settings.refreshGraceMs)}.`
        : undefined,
    fix: 'Give each client a login of its own, or let one place refresh for all; log in again.',
    howOften: 3,
  },
  {
    code: 'refresh_reused',
    cause: 'replay',
    means: 'A client kept an old refresh token: it did not store the newest, or stored it too late.',
    shownIn: 'development',
    when: ({ settings }) =>
      `An old refresh token came back after the grace of ${sayDuration(settings.refreshGraceMs)}: its session has ended.`,
    fix: 'Store the newest refresh token before its access token is used; log in again.',
    howOften: 5,
  },
] as const satisfies readonly CauseRow[]
