/** fetch in a script: Node's own, which keeps no cookies whatever it is asked. */
import {
  type Answer,
  answerOf,
  type ClientLesson,
  cookieOf,
  credentials,
  login,
  type Scene,
  succeeded,
  type Taught,
} from './scene.ts'

type Script = ReturnType<typeof scriptFor>

function script(make: (script: Script, scene: Scene) => Promise<Taught>): ClientLesson {
  return { make: (scene) => make(scriptFor(scene), scene) }
}

const asJson = { 'content-type': 'application/json' }

function scriptFor(scene: Scene) {
  const ask = (path: string, init?: RequestInit) => answerOf(fetch(`${scene.url}${path}`, init))
  const logIn = async (more: RequestInit = {}) =>
    succeeded(await ask('/auth/login', { method: 'POST', headers: asJson, body: login, ...more }))
  const verify = (cookie: string, otp: unknown) =>
    ask('/auth/verify-otp', { method: 'POST', headers: { ...asJson, cookie }, body: JSON.stringify({ otp }) })
  /** Gives the cookie of the verified session. */
  const enter = async () => {
    const cookie = cookieOf(await logIn())
    return cookieOf(succeeded(await verify(cookie, await scene.code())))
  }
  const tokens = async (cookie: string) => {
    const init = { method: 'POST', headers: { ...asJson, cookie }, body: '{"refresh":true}' }
    return succeeded(await ask('/auth/token', init)).body as { accessToken: string; refreshToken: string }
  }
  const open = (authorization: string) => ask('/auth/protected', { headers: { authorization } })
  return { ask, logIn, verify, enter, tokens, open }
}

const ofFlow: Record<string, ClientLesson> = {
  'session_missing: cookie_not_sent': script(async ({ ask, logIn }, scene) => {
    const include: RequestInit = { method: 'POST', headers: asJson, credentials: 'include' }
    const reply = await logIn(include)
    const body = JSON.stringify({ otp: await scene.code() })
    return {
      // In Node credentials: 'include' does nothing.
      reply: await ask('/auth/verify-otp', { ...include, body }),
      says: 'Node keeps no cookies: send the name=value of Set-Cookie as the header Cookie.',
      retry: () =>
        ask('/auth/verify-otp', { method: 'POST', headers: { ...asJson, Cookie: cookieOf(reply) }, body }),
    }
  }),
  'session_missing: other_host': script(async ({ logIn, verify }, scene) => {
    const cookie = cookieOf(await logIn())
    const otp = await scene.code()
    const elsewhere = fetch(`${scene.numericUrl}/auth/verify-otp`, {
      method: 'POST',
      headers: asJson,
      body: JSON.stringify({ otp }),
    })
    return {
      reply: await answerOf(elsewhere),
      says: 'Use one name for all requests: localhost.',
      retry: () => verify(cookie, otp),
    }
  }),
  'session_ended: replaced': script(async ({ ask, logIn, verify }, scene) => {
    const first = cookieOf(await logIn())
    const second = cookieOf(await verify(first, await scene.code()))
    const token = (cookie: string) => ask('/auth/token', { method: 'POST', headers: { cookie } })
    return {
      reply: await token(first),
      says: 'Send the newest cookie that this server set',
      retry: () => token(second),
    }
  }),
  'otp_required: skipped_step': script(async ({ ask, logIn, verify }, scene) => {
    const first = cookieOf(await logIn())
    const token = (cookie: string) => ask('/auth/token', { method: 'POST', headers: { cookie } })
    return {
      reply: await token(first),
      says: 'POST /auth/verify-otp with the code from the mail first',
      retry: async () => token(cookieOf(await verify(first, await scene.code()))),
    }
  }),
  'otp_invalid: older_code': script(async ({ logIn, verify }, scene) => {
    await logIn()
    const older = await scene.code()
    const cookie = cookieOf(await logIn())
    return {
      reply: await verify(cookie, older),
      says: 'Send the code of the newest mail.',
      retry: async () => verify(cookie, await scene.code()),
    }
  }),
  'invalid_request: lost_zero': script(async ({ logIn, verify }, scene) => {
    const cookie = cookieOf(await logIn())
    const otp = await scene.code()
    return {
      reply: await verify(cookie, Number(otp)),
      says: 'Send the code as a string',
      retry: () => verify(cookie, otp),
    }
  }),
  'token_expired: expired': script(async ({ enter, tokens, open }, scene) => {
    const cookie = await enter()
    const { accessToken } = await tokens(cookie)
    await scene.advance('6m')
    return {
      reply: await open(`Bearer ${accessToken}`),
      says: 'POST /auth/token, or POST /auth/refresh with a refresh token, gives a new one.',
      retry: async () => open(`Bearer ${(await tokens(cookie)).accessToken}`),
    }
  }),
  'token_expired: expired and refreshed': script(async ({ ask, enter, tokens, open }, scene) => {
    const { accessToken, refreshToken } = await tokens(await enter())
    await scene.advance('6m')
    const body = JSON.stringify({ refreshToken })
    const refresh = () => ask('/auth/refresh', { method: 'POST', headers: asJson, body })
    return {
      reply: await open(`Bearer ${accessToken}`),
      says: 'POST /auth/refresh with a refresh token, gives a new one.',
      retry: async () => open(`Bearer ${(await refresh()).body.accessToken}`),
    }
  }),
  'refresh_reused: replay': script(async ({ ask, enter, tokens }, scene) => {
    const refresh = (refreshToken: string) =>
      ask('/auth/refresh', { method: 'POST', headers: asJson, body: JSON.stringify({ refreshToken }) })
    const { refreshToken } = await tokens(await enter())
    succeeded(await refresh(refreshToken))
    await scene.advance('31s')
    return {
      reply: await refresh(refreshToken),
      says: 'Store the newest refresh token before its access token is used; log in again.',
      retry: async () => {
        const first = await tokens(await enter())
        const second = succeeded(await refresh(first.refreshToken)).body
        await scene.advance('31s')
        return refresh(second.refreshToken)
      },
    }
  }),
}

/** What is sent as Authorization in place of `Bearer ` and the token. */
const ofHeaders: Record<string, ClientLesson> = {
  'bearer_missing: wrong_scheme': sending(
    (token) => token,
    'Write the word Bearer and one space before the token',
  ),
  'bearer_missing: no_header': sending(undefined, 'Add the header Authorization: Bearer <accessToken>.'),
  'token_invalid: undefined_sent': sending(
    // The member is named accessToken.
    (_, reply) => `Bearer ${(reply as { token?: string }).token}`,
    'send its accessToken.',
  ),
  'bearer_missing: undefined_sent': sending(
    (token) => `Bearer ${Promise.resolve(token)}`,
    'Wait for the answer of POST /auth/token and send its accessToken.',
  ),
  'bearer_missing: placeholder_sent': sending(() => 'Bearer <access token>', 'in its place'),
  'token_invalid: quotes': sending(
    (token) => `Bearer ${JSON.stringify(token)}`,
    'without quotes; JSON.parse a token that you kept as JSON.',
  ),
  'token_invalid: refresh_token_sent': sending(
    (_, { refreshToken }) => `Bearer ${refreshToken}`,
    'Send the accessToken',
  ),
}

function sending(
  spoilt: ((token: string, reply: { refreshToken: string }) => string) | undefined,
  says: string,
): ClientLesson {
  return script(async ({ ask, enter, tokens, open }) => {
    const reply = await tokens(await enter())
    const refused = spoilt ? await open(spoilt(reply.accessToken, reply)) : await ask('/auth/protected')
    return { reply: refused, says, retry: () => open(`Bearer ${reply.accessToken}`) }
  })
}

const post: RequestInit = { method: 'POST', headers: asJson }

/** Logins that are spoilt, and what fetch is given as the fix says. */
const ofLogins: Record<string, ClientLesson> = {
  'wrong_method: get_instead_of_post': loggingIn('/auth/login', {}, 'Send POST, not GET'),
  'not_found: near_miss': loggingIn('/auth/login/', { ...post, body: login }, 'Send POST /auth/login.'),
  'not_found: near_miss without /auth': loggingIn(
    '/login',
    { ...post, body: login },
    'Send POST /auth/login.',
  ),
  'malformed_json: empty': loggingIn(
    '/auth/login',
    post,
    'Send a JSON object with Content-Type: application/json',
  ),
  'malformed_json: not_stringified': loggingIn(
    '/auth/login',
    { ...post, body: credentials as unknown as string },
    'Send body: JSON.stringify(object) with Content-Type: application/json.',
  ),
  'unsupported_media_type: other_content_type': loggingIn(
    '/auth/login',
    { method: 'POST', body: login },
    "in fetch headers: {'content-type': 'application/json'}.",
  ),
  'unsupported_media_type: form_body': loggingIn(
    '/auth/login',
    { method: 'POST', body: new URLSearchParams(credentials) },
    'Send JSON',
  ),
  'unsupported_media_type: form_body with files': loggingIn(
    '/auth/login',
    { method: 'POST', body: formData() },
    'Send JSON',
  ),
  'unsupported_media_type: no_content_type': loggingIn(
    '/auth/login',
    { method: 'POST', body: new TextEncoder().encode(login) },
    'Send the header Content-Type: application/json.',
  ),
  'invalid_request: encoded_twice': loggingIn(
    '/auth/login',
    { ...post, body: JSON.stringify(login) },
    'Call JSON.stringify once',
  ),
  'invalid_request: other_name': loggingIn(
    '/auth/login',
    { ...post, body: JSON.stringify({ username: credentials.email, password: credentials.password }) },
    'Name it email.',
  ),
}

function formData(): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(credentials)) form.set(name, value)
  return form
}

function loggingIn(path: string, init: RequestInit, says: string): ClientLesson {
  return script(async ({ ask, logIn }): Promise<Taught> => {
    const reply: Answer = await ask(path, init)
    return { reply, says, retry: () => logIn() }
  })
}

export const lessonsOfFetch: Record<string, ClientLesson> = { ...ofFlow, ...ofHeaders, ...ofLogins }
