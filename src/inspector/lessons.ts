import type { LessonReply, LessonRequest } from './lesson-client.ts'
import type { LessonName } from './wire.ts'

/** What a lesson can do: real requests, and the two things that a person would do beside them. */
export type Walk = {
  /** Sends it and holds the answer against what the lesson expects: a status, and the code of a refusal. */
  step(request: string, expected: string, sent?: LessonRequest): Promise<LessonReply>
  email: string
  password: string
  /** Reads the mail. */
  code(login: LessonReply): Promise<string>
  /** Moves the clock of the server. */
  wait(milliseconds: number): Promise<void>
  accessTokenTtlMs: number
  refreshGraceMs: number
}

/** One mistake each, as people make it. They run against the server itself and show up as flows like any other. */
export const lessons: Record<LessonName, (walk: Walk) => Promise<unknown>> = {
  'the-four-requests': async (walk) => callWith(walk, await enter(walk), '200'),

  'get-instead-of-post': (walk) => walk.step('GET /auth/login', '404 wrong_method'),

  async 'forget-the-cookie'(walk) {
    const login = await logIn(walk)
    await verify(walk, await walk.code(login), '401 session_missing', { withoutCookies: true })
  },

  async 'wrong-code'(walk) {
    const code = await walk.code(await logIn(walk))
    await verify(walk, changed(code), '401 otp_invalid')
    await verify(walk, code, '200')
  },

  async 'old-code'(walk) {
    const older = await walk.code(await logIn(walk))
    await logIn(walk)
    await verify(walk, older, '401 otp_invalid')
  },

  async 'no-bearer'(walk) {
    await enter(walk)
    await walk.step('GET /auth/protected', '403 bearer_missing')
  },

  'tampered-token': async (walk) => callWith(walk, tampered(await enter(walk)), '401 token_invalid'),

  async 'expired-token'(walk) {
    const token = await enter(walk)
    await callWith(walk, token, '200')
    await walk.wait(walk.accessTokenTtlMs + 61_000)
    await callWith(walk, token, '401 token_expired')
  },

  async 'refresh-twice'(walk) {
    await enterSession(walk)
    const { body } = await walk.step('POST /auth/token', '200', { body: { refresh: true } })
    const sent = { body: { refreshToken: body.refreshToken } }
    await walk.step('POST /auth/refresh', '200', sent)
    await walk.step('POST /auth/refresh', '200', sent)
    await walk.wait(walk.refreshGraceMs + 1_000)
    await walk.step('POST /auth/refresh', '401 refresh_reused', sent)
  },

  'text-plain-body': (walk) =>
    walk.step('POST /auth/login', '415 unsupported_media_type', {
      body: credentials(walk),
      type: 'text/plain',
    }),
}

const credentials = ({ email, password }: Walk) => ({ email, password })

function logIn(walk: Walk): Promise<LessonReply> {
  return walk.step('POST /auth/login', '200', { body: credentials(walk) })
}

function verify(walk: Walk, otp: string, expected: string, how: LessonRequest = {}): Promise<LessonReply> {
  return walk.step('POST /auth/verify-otp', expected, { ...how, body: { otp } })
}

async function enterSession(walk: Walk): Promise<void> {
  await verify(walk, await walk.code(await logIn(walk)), '200')
}

async function enter(walk: Walk): Promise<string> {
  await enterSession(walk)
  const { body } = await walk.step('POST /auth/token', '200')
  return String(body.accessToken)
}

function callWith(walk: Walk, bearer: string, expected: string): Promise<LessonReply> {
  return walk.step('GET /auth/protected', expected, { bearer })
}

function changed(code: string): string {
  return `${code.slice(0, -1)}${(Number(code.at(-1)) + 1) % 10}`
}

/** One letter of the signature, in the middle, where each bit counts. */
function tampered(token: string): string {
  const middle = Math.floor((token.lastIndexOf('.') + token.length) / 2)
  const other = token[middle] === 'A' ? 'B' : 'A'
  return token.slice(0, middle) + other + token.slice(middle + 1)
}
