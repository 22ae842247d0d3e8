/** axios in a script. What it does of itself is the mistake, more than once. */
import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios'
import {
  type Answer,
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

function scriptFor(scene: Scene) {
  // A refusal is an answer here, not an exception.
  const api = axios.create({ baseURL: scene.url, withCredentials: true, validateStatus: () => true })
  const post = async (path: string, data?: unknown, config?: AxiosRequestConfig) =>
    answerOf(await api.post(path, data, config))
  const get = async (path: string, config?: AxiosRequestConfig) => answerOf(await api.get(path, config))
  const logIn = async () => succeeded(await post('/auth/login', credentials))
  const verify = (Cookie: string, otp: unknown) => post('/auth/verify-otp', { otp }, { headers: { Cookie } })
  const enter = async () => {
    const cookie = cookieOf(await logIn())
    return cookieOf(succeeded(await verify(cookie, await scene.code())))
  }
  const accessToken = async (Cookie: string): Promise<string> =>
    succeeded(await post('/auth/token', undefined, { headers: { Cookie } })).body.accessToken
  const open = (Authorization: string) => get('/auth/protected', { headers: { Authorization } })
  return { post, get, logIn, verify, enter, accessToken, open }
}

function answerOf({ status, headers, data }: AxiosResponse): Answer {
  const pairs = Object.entries(headers).map(([name, value]) => [name, String(value)])
  return { status, headers: Object.fromEntries(pairs), body: data }
}

const ofFlow: Record<string, ClientLesson> = {
  'session_missing: cookie_not_sent': script(async ({ post, logIn }, scene) => {
    // withCredentials is on, and in Node it does nothing.
    const reply = await logIn()
    const otp = await scene.code()
    return {
      reply: await post('/auth/verify-otp', { otp }),
      says: 'Node keeps no cookies: send the name=value of Set-Cookie as the header Cookie.',
      retry: () => post('/auth/verify-otp', { otp }, { headers: { Cookie: cookieOf(reply) } }),
    }
  }),
  'invalid_request: lost_zero': script(async ({ logIn, verify }, scene) => {
    const cookie = cookieOf(await logIn())
    const otp = await scene.code()
    return {
      reply: await verify(cookie, Number.parseInt(otp, 10)),
      says: 'Send the code as a string',
      retry: () => verify(cookie, otp),
    }
  }),
  'invalid_request: other_name': script(async ({ post, logIn, verify }, scene) => {
    const cookie = cookieOf(await logIn())
    const code = await scene.code()
    return {
      reply: await post('/auth/verify-otp', { code }, { headers: { Cookie: cookie } }),
      says: 'Name it otp.',
      retry: () => verify(cookie, code),
    }
  }),
  'token_expired: expired': script(async ({ enter, accessToken, open }, scene) => {
    const cookie = await enter()
    const token = await accessToken(cookie)
    await scene.advance('6m')
    return {
      reply: await open(`Bearer ${token}`),
      says: 'POST /auth/token',
      retry: async () => open(`Bearer ${await accessToken(cookie)}`),
    }
  }),
}

/** How a token is sent that does not arrive. */
const ofHeaders: Record<string, ClientLesson> = {
  // The headers stand beside `headers`, where axios does not look.
  'bearer_missing: no_header': sending(
    ({ get }, token) => get('/auth/protected', { Authorization: `Bearer ${token}` } as AxiosRequestConfig),
    'Add the header Authorization: Bearer <accessToken>.',
  ),
  'bearer_missing: wrong_scheme': sending(
    ({ get }, token) => get('/auth/protected', { auth: { username: 'token', password: token } }),
    'Write the word Bearer and one space before the token',
  ),
  'bearer_missing: in_body': sending(
    ({ get }, token) => get('/auth/protected', { data: { accessToken: token } }),
    'Send the token as the header Authorization: Bearer <accessToken>.',
  ),
  'bearer_missing: in_query': sending(
    ({ get }, token) => get('/auth/protected', { params: { token } }),
    'Send the token as the header Authorization: Bearer <accessToken>',
  ),
  'token_invalid: undefined_sent': sending(
    ({ open }) => open(`Bearer ${undefined}`),
    'Wait for the answer of POST /auth/token and send its accessToken.',
  ),
  'token_invalid: quotes': sending(
    ({ open }, token) => open(`Bearer ${JSON.stringify(token)}`),
    'JSON.parse a token that you kept as JSON.',
  ),
  // The config stands where the body belongs, and the method is the wrong one.
  'wrong_method: other_method': sending(
    ({ post }, token) => post('/auth/protected', { headers: { Authorization: `Bearer ${token}` } }),
    'Send GET or HEAD.',
  ),
}

function sending(spoilt: (script: Script, token: string) => Promise<Answer>, says: string): ClientLesson {
  return script(async (axiosScript) => {
    const { enter, accessToken, open } = axiosScript
    const token = await accessToken(await enter())
    return { reply: await spoilt(axiosScript, token), says, retry: () => open(`Bearer ${token}`) }
  })
}

const sendJson = "Send JSON: curl -H 'Content-Type: application/json'"

const ofLogins: Record<string, ClientLesson> = {
  'wrong_method: get_instead_of_post': loggingIn(({ get }) => get('/auth/login'), 'Send POST, not GET'),
  'not_found: near_miss': loggingIn(
    // A baseURL that holds /auth already.
    ({ post }) => post('/auth/auth/login', credentials),
    'Send POST /auth/login.',
  ),
  'malformed_json: empty': loggingIn(({ post }) => post('/auth/login'), 'Send a JSON object'),
  'unsupported_media_type: form_body': loggingIn(
    ({ post }) => post('/auth/login', new URLSearchParams(credentials)),
    sendJson,
  ),
  // Of a string axios says that it is form data.
  'unsupported_media_type: form_body of a string': loggingIn(
    ({ post }) => post('/auth/login', login),
    sendJson,
  ),
  'invalid_request: missing_member': loggingIn(
    // The body of another library: { data, headers }.
    ({ post }) => post('/auth/login', { data: credentials }),
    'Add the members listed in errors.',
  ),
}

function loggingIn(spoilt: (script: Script) => Promise<Answer>, says: string): ClientLesson {
  return script(async (axiosScript) => ({ reply: await spoilt(axiosScript), says, retry: axiosScript.logIn }))
}

export const lessonsOfAxios: Record<string, ClientLesson> = { ...ofFlow, ...ofHeaders, ...ofLogins }
