/** HTTP by hand: what libraries would not let anybody send. */
import { jsonHead, openSocket, type Sent } from './raw-socket.ts'
import {
  type Answer,
  type ClientLesson,
  cookieOf,
  login,
  type Scene,
  succeeded,
  type Taught,
} from './scene.ts'

type Socket = ReturnType<typeof socketFor>

function bytes(make: (socket: Socket, scene: Scene) => Promise<Taught>): ClientLesson {
  return { make: (scene) => make(socketFor(scene), scene) }
}

function socketFor(scene: Scene) {
  const send = openSocket(scene)
  const post = (path: string, body: string, ...headers: string[]) =>
    send({ head: [...jsonHead(path, body), ...headers], body })
  const logIn = async () => succeeded(await post('/auth/login', login))
  const verify = async (...headers: string[]) =>
    post('/auth/verify-otp', JSON.stringify({ otp: await scene.code() }), ...headers)
  const enter = async () => cookieOf(await verify(`Cookie: ${cookieOf(await logIn())}`))
  const token = (...headers: string[]) => send({ head: ['POST /auth/token HTTP/1.1', ...headers] })
  const open = (...headers: string[]) => send({ head: ['GET /auth/protected HTTP/1.1', ...headers] })
  return { send, post, logIn, verify, enter, token, open }
}

const ofCredentials: Record<string, ClientLesson> = {
  'session_missing: cookie_not_sent': bytes(async ({ post, logIn }, scene) => {
    const cookie = cookieOf(await logIn())
    const body = JSON.stringify({ otp: await scene.code() })
    return {
      reply: await post('/auth/verify-otp', body),
      says: 'Send the cookie of the login back',
      retry: () => post('/auth/verify-otp', body, `Cookie: ${cookie}`),
    }
  }),
  'session_missing: duplicate_cookie': bytes(async ({ enter, token }) => {
    const cookie = await enter()
    return {
      reply: await token('Cookie: sallyport.sid=old', `Cookie: ${cookie}`),
      says: 'send the one cookie that the answer sets.',
      retry: async () => token(`Cookie: ${await enter()}`),
    }
  }),
  'session_missing: unsigned_cookie': bytes(async ({ enter, token }) => {
    const cookie = await enter()
    // Decoded by a library that means well, and cut at the dot.
    const bare = cookie.replace('=s%3A', '=').replace(/(=[^.]*)\..*$/, '$1')
    return {
      reply: await token(`Cookie: ${bare}`),
      says: 'Send the value of the Set-Cookie header unchanged',
      retry: () => token(`Cookie: ${cookie}`),
    }
  }),
  'bearer_missing: no_header': bytes(async (socket) => {
    const bearer = await tokenOf(socket)
    return {
      reply: await socket.open(),
      says: 'Add the header Authorization: Bearer <accessToken>.',
      retry: () => socket.open(`Authorization: Bearer ${bearer}`),
    }
  }),
  'bearer_missing: wrong_scheme': bytes(async (socket) => {
    const bearer = await tokenOf(socket)
    return {
      reply: await socket.open(`Authorization: Token ${bearer}`),
      says: 'Write the word Bearer and one space before the token',
      retry: () => socket.open(`Authorization: Bearer ${bearer}`),
    }
  }),
  'token_invalid: repeated_header': bytes(async (socket) => {
    const bearer = await tokenOf(socket)
    const header = `Authorization: Bearer ${bearer}`
    return {
      reply: await socket.open(header, header),
      says: 'Send one Authorization header',
      retry: () => socket.open(header),
    }
  }),
}

async function tokenOf({ enter, token }: Socket): Promise<string> {
  return succeeded(await token(`Cookie: ${await enter()}`)).body.accessToken
}

const json = 'Content-Type: application/json'
const lengthOf = (body: string | Buffer) => `Content-Length: ${Buffer.byteLength(body)}`
const latin1 = Buffer.from(login.replace('123456', 'pässword'), 'latin1')
const large = JSON.stringify({ email: 'test@test.com', password: '123456', more: ' '.repeat(17_000) })

const ofBodies: Record<string, ClientLesson> = {
  'malformed_json: empty': spoilt(
    // Without Content-Length what follows is no body.
    { head: ['POST /auth/login HTTP/1.1', json] },
    'Send a JSON object with Content-Type: application/json',
  ),
  // With too short a Content-Length the rest would be the next request: Node's parser ends the connection.
  'malformed_json: cut_off': spoilt(
    { head: jsonHead('/auth/login', login.slice(0, -4)), body: login.slice(0, -4) },
    'Close every quote and brace',
  ),
  'malformed_json: bad_utf8': spoilt(
    { head: jsonHead('/auth/login', latin1), body: latin1 },
    'Encode the body as UTF-8.',
  ),
  'unsupported_media_type: no_content_type': spoilt(
    { head: ['POST /auth/login HTTP/1.1', lengthOf(login)], body: login },
    'Send the header Content-Type: application/json.',
  ),
  'unsupported_media_type: other_charset': spoilt(
    { head: ['POST /auth/login HTTP/1.1', `${json}; charset=iso-8859-1`, lengthOf(login)], body: login },
    'Send Content-Type: application/json, which is always UTF-8.',
  ),
  'unsupported_media_type: compressed': spoilt(
    { head: [...jsonHead('/auth/login', login), 'Content-Encoding: deflate'], body: login },
    'Send the body uncompressed',
  ),
  'payload_too_large: over_16_kb': spoilt(
    { head: jsonHead('/auth/login', large), body: large },
    'Send only the members that the route has',
  ),
  'not_found: near_miss': spoilt(
    { head: jsonHead('//auth/login', login), body: login },
    'Send POST /auth/login.',
  ),
  'wrong_method: get_instead_of_post': spoilt({ head: ['GET /auth/login HTTP/1.1'] }, 'Send POST, not GET'),
  'cross_site_request: site_without_origin': spoilt(
    { head: [...jsonHead('/auth/login', login), 'Sec-Fetch-Site: cross-site'], body: login },
    'Call from PUBLIC_URL',
  ),
}

function spoilt(sent: Sent, says: string): ClientLesson {
  return bytes(async ({ send, logIn }): Promise<Taught> => {
    const reply: Answer = await send(sent)
    return { reply, says, retry: logIn }
  })
}

export const lessonsOfSocket: Record<string, ClientLesson> = { ...ofCredentials, ...ofBodies }
