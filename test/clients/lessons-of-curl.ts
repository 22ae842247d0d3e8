import assert from 'node:assert/strict'
import { wrongCode } from '../support/gate.ts'
import {
  type Answer,
  type ClientLesson,
  cookieOf,
  lasting,
  type Scene,
  succeeded,
  type Taught,
} from './scene.ts'
import { json, readmeLines } from './shell.ts'
import { encrypt } from './tls.ts'

type Lines = ReturnType<typeof readmeLines>

function line(
  make: (curl: Lines, scene: Scene) => Promise<Taught>,
  env?: Record<string, string>,
): ClientLesson {
  return { make: (scene) => make(readmeLines(scene), scene), ...(env ? { env } : {}) }
}

const jwtSecret = 'a shared secret of the broken clients: 3 swans'
const newPassword = 'another fine password of hers'

const ofSessions: Record<string, ClientLesson> = {
  'session_missing: cookie_not_sent': line(async ({ shell }, scene) => {
    await shell(`curl $URL/auth/login ${json} -d "$LOGIN"`)
    const verify = `$URL/auth/verify-otp ${json} -d '{"otp":"${await scene.code()}"}'`
    return {
      reply: await shell(`curl ${verify}`),
      says: 'curl -c jar -b jar',
      retry: async () => {
        await shell(`curl -c jar -b jar $URL/auth/login ${json} -d "$LOGIN"`)
        const again = `$URL/auth/verify-otp ${json} -d '{"otp":"${await scene.code()}"}'`
        return shell(`curl -c jar -b jar ${again}`)
      },
    }
  }),
  'session_missing: other_host': line(async ({ shell, logIn }, scene) => {
    await logIn()
    const verify = `/auth/verify-otp ${json} -d '{"otp":"${await scene.code()}"}'`
    return {
      reply: await shell(`curl -c jar -b jar $NUMERIC_URL${verify}`),
      says: 'Use one name for all requests: localhost.',
      retry: () => shell(`curl -c jar -b jar $URL${verify}`),
    }
  }),
  // At localhost curl would send a Secure cookie over http too.
  'session_missing: secure_on_http': line(
    async ({ shell }, scene) => {
      const curl = `curl --resolve id.example.test:${scene.port}:127.0.0.1 -c jar -b jar http://id.example.test:${scene.port}`
      const logIn = async () => {
        succeeded(await shell(`${curl}/auth/login ${json} -d "$LOGIN"`))
        return shell(`${curl}/auth/verify-otp ${json} -d '{"otp":"${await scene.code()}"}'`)
      }
      return {
        reply: await logIn(),
        says: 'set PUBLIC_URL to the http:// address',
        retry: async () => {
          await scene.restart({ PUBLIC_URL: `http://id.example.test:${scene.port}` })
          return logIn()
        },
      }
    },
    { PUBLIC_URL: 'https://id.example.test', RATE_LIMITS: 'on' },
  ),
  'session_missing: other_cookie_name': line(async ({ shell, enter, token }, scene) => {
    await enter()
    const { url, certificate } = await encrypt(scene)
    await scene.restart({ PUBLIC_URL: url })
    return {
      reply: await token(),
      says: 'Log in again at PUBLIC_URL',
      retry: async () => {
        const curl = `curl --cacert ${certificate} -c jar -b jar`
        await shell(`${curl} ${url}/auth/login ${json} -d "$LOGIN"`)
        return shell(`${curl} ${url}/auth/verify-otp ${json} -d '{"otp":"${await scene.code()}"}'`)
      },
    }
  }, lasting),
  'session_missing: unsigned_cookie': line(async ({ shell, logIn }, scene) => {
    const reply = await logIn()
    const body = `-d '{"otp":"${await scene.code()}"}'`
    const verify = (COOKIE: string) =>
      shell(`curl -b "$COOKIE" $URL/auth/verify-otp ${json} ${body}`, { COOKIE })
    return {
      reply: await verify(`sallyport.sid=${reply.body.sessionId}`),
      says: 'Send the value of the Set-Cookie header unchanged',
      retry: () => verify(cookieOf(reply)),
    }
  }),
  'session_missing: duplicate_cookie': line(async ({ shell, enter, token }) => {
    const COOKIE = `sallyport.sid=of-last-week; ${cookieOf(await enter())}`
    return {
      reply: await shell('curl -b "$COOKIE" -X POST $URL/auth/token', { COOKIE }),
      says: 'Delete the cookies of this host, log in again and send the one cookie',
      retry: async () => {
        await shell('rm jar; curl $URL/healthz')
        await enter()
        return token()
      },
    }
  }),
  // Without JWT_SECRET the server refuses to start: the keys of its store are encrypted with the old secret.
  'session_missing: bad_signature': line(
    async ({ enter, token }, scene) => {
      await enter()
      const [old, fresh] = [
        'the session secret of the broken clients: 5 owls',
        'a fresh session secret: 1 crane, 2 geese',
      ]
      await scene.restart({ SESSION_SECRET: fresh })
      return {
        reply: await token(),
        says: 'SESSION_SECRET=NEW,OLD',
        retry: async () => {
          await scene.restart({ SESSION_SECRET: `${fresh},${old}` })
          succeeded(await token())
          await enter()
          return token()
        },
      }
    },
    { ...lasting, JWT_SECRET: jwtSecret },
  ),
  'session_missing: store_was_reset': line(async ({ enter, token }, scene) => {
    await enter()
    await scene.restart()
    return {
      reply: await token(),
      says: 'Log in again; set DATA_DIR or DATABASE_URL to a store that stays.',
      retry: async () => {
        await scene.restart(lasting)
        await enter()
        await scene.restart()
        return token()
      },
    }
  }),
  'session_missing: forgotten_session': line(async ({ enter, token }, scene) => {
    await enter()
    await scene.advance('31d')
    await scene.advance('62d')
    return { reply: await token(), says: 'Log in again.', retry: () => enter().then(() => token()) }
  }),
  'session_ended: logged_out': loggingInAgain(async ({ shell, enter, token }) => {
    await enter()
    await shell('cp jar copied; curl -b jar -c jar -X POST $URL/auth/logout')
    return token('copied')
  }),
  'session_ended: idle': loggingInAgain(async ({ enter, token }, scene) => {
    await enter()
    await scene.advance('25h')
    return token()
  }),
  'session_ended: absolute': loggingInAgain(
    async ({ enter, token }, scene) => {
      await enter()
      await scene.advance('2h')
      return token()
    },
    { SESSION_TTL: '1h' },
  ),
  'session_ended: revoked': loggingInAgain(async ({ shell, enter, token }) => {
    await enter('elsewhere')
    await enter()
    succeeded(await shell('curl -b jar -X DELETE $URL/auth/sessions'))
    return token('elsewhere')
  }),
  'session_ended: password_changed': line(async ({ shell, enter, token }, scene) => {
    await enter('elsewhere')
    await enter()
    const change = `{"currentPassword":"123456","newPassword":"${newPassword}"}`
    succeeded(await shell(`curl -b jar -c jar $URL/auth/password/change ${json} -d '${change}'`))
    const again = `{"email":"test@test.com","password":"${newPassword}"}`
    return {
      reply: await token('elsewhere'),
      says: 'Log in again.',
      retry: async () => {
        const curl = 'curl -c elsewhere -b elsewhere'
        await shell(`${curl} $URL/auth/login ${json} -d '${again}'`)
        return shell(`${curl} $URL/auth/verify-otp ${json} -d '{"otp":"${await scene.code()}"}'`)
      },
    }
  }),
  'session_ended: replaced': line(async ({ shell, logIn, token, enter }, scene) => {
    await logIn()
    // Without -c the jar keeps the cookie of the login.
    await shell(`curl -b jar $URL/auth/verify-otp ${json} -d '{"otp":"${await scene.code()}"}'`)
    return {
      reply: await token(),
      says: 'Send the newest cookie that this server set, or log in again.',
      retry: () => enter().then(() => token()),
    }
  }),
  'otp_required: skipped_step': line(async ({ logIn, verify, token }) => {
    await logIn()
    return {
      reply: await token(),
      says: 'POST /auth/verify-otp with the code from the mail first (development: the server console',
      retry: async () => {
        succeeded(await verify())
        return token()
      },
    }
  }),
  'otp_required: reset_not_finished': line(async ({ shell, token }, scene) => {
    await shell(`curl -c jar -b jar $URL/auth/password/forgot ${json} -d '{"email":"test@test.com"}'`)
    return {
      reply: await token(),
      says: 'POST /auth/password/reset with the code from the mail and the new password, then log in.',
      retry: async () => {
        const reset = `{"otp":"${await scene.code()}","newPassword":"${newPassword}"}`
        succeeded(await shell(`curl -c jar -b jar $URL/auth/password/reset ${json} -d '${reset}'`))
        const again = `{"email":"test@test.com","password":"${newPassword}"}`
        return shell(`curl -c jar -b jar $URL/auth/login ${json} -d '${again}'`)
      },
    }
  }),
  'reauth_required: code_too_old': line(async ({ shell, enter, verify }, scene) => {
    await enter()
    await scene.advance('11m')
    const ask = () => shell('curl -b jar $URL/auth/account/export')
    return {
      reply: await ask(),
      says: 'POST /auth/step-up, then POST /auth/verify-otp with the code from the mail, then repeat the request.',
      retry: async () => {
        succeeded(await shell('curl -c jar -b jar -X POST $URL/auth/step-up'))
        succeeded(await verify())
        return ask()
      },
    }
  }),
}

function loggingInAgain(
  end: (curl: Lines, scene: Scene) => Promise<Answer>,
  env?: Record<string, string>,
): ClientLesson {
  return line(async (curl, scene) => {
    const reply = await end(curl, scene)
    return { reply, says: 'Log in again', retry: () => curl.enter().then(() => curl.token()) }
  }, env)
}

/** What is written in place of `-H "Authorization: Bearer $TOKEN"`; then exactly that. */
const headers: Record<string, { spoilt: string; says: string }> = {
  'bearer_missing: no_header': {
    spoilt: 'curl $URL/auth/protected',
    says: 'Add the header Authorization: Bearer <accessToken>.',
  },
  'bearer_missing: cookie_only': {
    spoilt: 'curl -b jar $URL/auth/protected',
    says: 'Get a token with POST /auth/token and send it as Authorization: Bearer <accessToken>.',
  },
  'bearer_missing: wrong_scheme': {
    spoilt: 'curl $URL/auth/protected -H "Authorization: $TOKEN"',
    says: 'Write the word Bearer and one space before the token: Authorization: Bearer <accessToken>.',
  },
  'bearer_missing: quotes': {
    spoilt: `curl $URL/auth/protected -H "Authorization: 'Bearer $TOKEN'"`,
    says: 'Send Authorization: Bearer <accessToken> without quotes',
  },
  'bearer_missing: in_query': {
    spoilt: 'curl "$URL/auth/protected?access_token=$TOKEN"',
    says: 'Send the token as the header Authorization: Bearer <accessToken>',
  },
  'bearer_missing: in_body': {
    spoilt: `curl -X GET $URL/auth/protected ${json} -d '{"accessToken":"'$TOKEN'"}'`,
    says: 'Send the token as the header Authorization: Bearer <accessToken>.',
  },
  'bearer_missing: empty_variable': {
    spoilt: 'curl $URL/auth/protected -H "Authorization: Bearer $NO_TOKEN"',
    says: 'Fill the variable',
  },
  'token_invalid: quotes': {
    // What jq gives without -r.
    spoilt: 'curl $URL/auth/protected -H "Authorization: Bearer \\"$TOKEN\\""',
    says: 'Send Authorization: Bearer <accessToken> without quotes',
  },
  'token_invalid: wrong_scheme': {
    spoilt: 'curl $URL/auth/check -u "test@test.com:123456"',
    says: 'Write the word Bearer and one space before the token: Authorization: Bearer <accessToken>.',
  },
  'token_invalid: repeated_header': {
    spoilt: 'curl $URL/auth/protected -H "Authorization: Bearer $TOKEN" -H "Authorization: Bearer $TOKEN"',
    says: 'Send one Authorization header',
  },
  'token_invalid: undefined_sent': {
    // What jq -r gives for a member that is not there.
    spoilt: 'curl $URL/auth/protected -H "Authorization: Bearer null"',
    says: 'Wait for the answer of POST /auth/token and send its accessToken.',
  },
  'token_invalid: placeholder_sent': {
    spoilt: 'curl $URL/auth/protected -H "Authorization: Bearer <accessToken>"',
    says: 'Put the accessToken of the answer of POST /auth/token in its place',
  },
  'token_invalid: otp_or_session_id_sent': {
    spoilt: 'curl $URL/auth/protected -H "Authorization: Bearer 012345"',
    says: 'POST /auth/verify-otp takes the code, POST /auth/token then gives the accessToken that belongs here.',
  },
  'token_invalid: cut_off': {
    spoilt: 'curl $URL/auth/protected -H "Authorization: Bearer $(echo $TOKEN | cut -d. -f1,2)"',
    says: 'Get a new token with POST /auth/token and send it unchanged.',
  },
  'token_invalid: altered': {
    spoilt: 'curl $URL/auth/protected -H "Authorization: Bearer $(echo $TOKEN | sed s/........$/AAAAAAAA/)"',
    says: 'Get a new token with POST /auth/token and send it unchanged.',
  },
}

const ofHeaders = Object.fromEntries(
  Object.entries(headers).map(([name, { spoilt, says }]) => [
    name,
    line(async ({ shell, enter, accessToken, open }) => {
      await enter()
      const reply = await shell(spoilt, { TOKEN: await accessToken(), NO_TOKEN: '' })
      return { reply, says, retry: async () => open(await accessToken()) }
    }),
  ]),
)

const ofTokens: Record<string, ClientLesson> = {
  ...ofHeaders,
  'token_expired: expired': newToken('POST /auth/token, or', async ({ accessToken, open }, scene) => {
    const token = await accessToken()
    await scene.advance('6m')
    return open(token)
  }),
  'token_invalid: refresh_token_sent': newToken('Send the accessToken', async ({ refreshToken, open }) =>
    open(await refreshToken()),
  ),
  'token_invalid: session_over': line(async ({ shell, enter, accessToken, open }) => {
    await enter()
    const token = await accessToken()
    await shell('curl -c jar -b jar -X POST $URL/auth/logout')
    return {
      reply: await open(token),
      says: 'Log in again.',
      retry: async () => {
        await enter()
        return open(await accessToken())
      },
    }
  }),
  'token_invalid: wrong_issuer': newToken('Get a token from http://localhost:', async ({ open }, scene) => {
    const other = readmeLines(await scene.another())
    await other.enter()
    return open(await other.accessToken())
  }),
  'token_invalid: wrong_audience': restarted({ TOKEN_AUDIENCE: 'shop' }),
  'token_invalid: hs256_vs_es256': restarted({
    JWT_SECRET: jwtSecret,
  }),
  'token_invalid: unknown_kid': line(async ({ enter, accessToken, open }, scene) => {
    await enter()
    const token = await accessToken()
    await scene.restart()
    await enter()
    return {
      reply: await open(token),
      says: 'Get a new token with POST /auth/token',
      retry: async () => open(await accessToken()),
    }
  }),
  'token_invalid: clock': line(async ({ enter, accessToken, open }, scene) => {
    await enter()
    await scene.advance('4m')
    const token = await accessToken()
    // The clock of development begins anew with each start.
    await scene.restart()
    return {
      reply: await open(token),
      says: 'then get a new token with POST /auth/token.',
      retry: async () => open(await accessToken()),
    }
  }, lasting),
  'invalid_request: access_token_sent': refreshing(({ accessToken }) => accessToken()),
  'refresh_invalid: no_refresh_token': refreshing(async ({ refreshToken }) =>
    (await refreshToken()).slice(4),
  ),
  'refresh_invalid: refresh_over': refreshing(async ({ shell, refreshToken }) => {
    const token = await refreshToken()
    await shell('curl -b jar -X POST $URL/auth/logout')
    return token
  }, 'Log in again.'),
  'refresh_reused: replay': refreshing(async ({ shell, refreshToken }, scene) => {
    const token = await refreshToken()
    succeeded(await shell(`curl $URL/auth/refresh ${json} -d '{"refreshToken":"${token}"}'`))
    await scene.advance('31s')
    return token
  }, 'Store the newest refresh token before its access token is used; log in again.'),
  'refresh_reused: two_clients': refreshing(async ({ refreshToken }, scene) => {
    const token = await refreshToken()
    const body = JSON.stringify({ refreshToken: token })
    const headers = { 'content-type': 'application/json' }
    await fetch(`${scene.url}/auth/refresh`, { method: 'POST', headers, body })
    await scene.advance('31s')
    return token
  }, 'Give each client a login of its own'),
}

function newToken(says: string, refused: (curl: Lines, scene: Scene) => Promise<Answer>): ClientLesson {
  return line(async (curl, scene) => {
    await curl.enter()
    const reply = await refused(curl, scene)
    return { reply, says, retry: async () => curl.open(await curl.accessToken()) }
  })
}

function restarted(env: Record<string, string>): ClientLesson {
  return line(async ({ enter, accessToken, open }, scene) => {
    await enter()
    const token = await accessToken()
    await scene.restart(env)
    return {
      reply: await open(token),
      says: 'Get a new token with POST /auth/token',
      retry: async () => open(await accessToken()),
    }
  }, lasting)
}

function refreshing(
  wrong: (curl: Lines, scene: Scene) => Promise<string>,
  says = 'Send the refreshToken that POST /auth/token gave for {"refresh":true}',
): ClientLesson {
  return line(async (curl, scene) => {
    const refresh = (token: string) =>
      curl.shell(`curl $URL/auth/refresh ${json} -d '{"refreshToken":"${token}"}'`)
    await curl.enter()
    const reply = await refresh(await wrong(curl, scene))
    const retry = async () => {
      if (/log in again|login of its own/i.test(says)) await curl.enter()
      return refresh(await curl.refreshToken())
    }
    return { reply, says, retry }
  })
}

const newCode = 'Log in again to get a new code.'

const ofCodes: Record<string, ClientLesson> = {
  'otp_invalid: older_code': line(async ({ logIn, verify }, scene) => {
    await logIn()
    const older = await scene.code()
    await logIn()
    const newest = await scene.code()
    return {
      reply: await verify(older),
      says: 'Send the code of the newest mail.',
      retry: () => verify(newest),
    }
  }),
  'otp_invalid: other_login': line(async ({ shell, logIn, verify }, scene) => {
    const bob = JSON.stringify({ email: 'bob@example.test', password: newPassword })
    succeeded(await shell(`curl -c bob -b bob $URL/auth/register ${json} -d '${bob}'`))
    const bobs = await scene.code()
    await logIn()
    return {
      reply: await verify(bobs),
      says: 'Send the code together with the cookie that its own login set.',
      retry: () => verify(bobs, 'bob'),
    }
  }),
  'otp_invalid: typo': line(async ({ logIn, verify }, scene) => {
    await logIn()
    const code = await scene.code()
    return {
      reply: await verify(wrongCode(code)),
      says: 'Send the code of the newest mail as a string of digits, with its leading zeros',
      retry: () => verify(code),
    }
  }),
  'otp_expired: waited_too_long': line(async ({ logIn, verify }, scene) => {
    await logIn()
    const code = await scene.code()
    await scene.advance('11m')
    return { reply: await verify(code), says: newCode, retry: () => logIn().then(() => verify()) }
  }),
  'otp_attempts_exhausted: wrong_codes': line(async ({ logIn, verify }, scene) => {
    await logIn()
    const code = await scene.code()
    for (let n = 0; n < 5; n++) await verify(wrongCode(code))
    return { reply: await verify(code), says: newCode, retry: () => logIn().then(() => verify()) }
  }),
  'otp_locked: wrong_codes_of_account': line(async ({ logIn, verify }, scene) => {
    let reply: Answer | undefined
    for (let n = 0; n < 10; n++) {
      if (n % 5 === 0) await logIn()
      const code = n % 5 === 0 ? await scene.code() : '012345'
      reply = await verify(wrongCode(code))
    }
    const locked = reply as Answer
    return {
      reply: locked,
      says: 'Wait for the seconds in Retry-After',
      retry: async () => {
        await scene.advance(`${locked.headers['retry-after']}s`)
        await logIn()
        return verify()
      },
    }
  }),
  'otp_not_pending: already_verified': line(async ({ logIn, verify, token }, scene) => {
    await logIn()
    const code = await scene.code()
    await verify(code)
    return { reply: await verify(code), says: 'go on to POST /auth/token.', retry: () => token() }
  }),
  'otp_not_pending: code_of_another_step': line(async ({ shell, verify }, scene) => {
    await shell(`curl -c jar -b jar $URL/auth/password/forgot ${json} -d '{"email":"test@test.com"}'`)
    const otp = await scene.code()
    const reset = JSON.stringify({ otp, newPassword })
    return {
      reply: await verify(otp),
      says: '/auth/password/reset',
      retry: () => shell(`curl -c jar -b jar $URL/auth/password/reset ${json} -d '${reset}'`),
    }
  }),
  'otp_resend_too_soon: asked_too_soon': line(async ({ shell, logIn }, scene) => {
    await logIn()
    const resend = () => shell('curl -c jar -b jar -X POST $URL/auth/otp/resend')
    const reply = await resend()
    return {
      reply,
      says: 'Wait for the seconds in Retry-After, then ask again',
      retry: async () => {
        await scene.advance(`${reply.headers['retry-after']}s`)
        return resend()
      },
    }
  }),
  'invalid_request: lost_zero': line(async ({ shell, logIn }, scene) => {
    await logIn()
    const code = await scene.code()
    // In a shell a number that begins with 0 would be no JSON at all.
    const verify = (otp: string) =>
      shell(`curl -c jar -b jar $URL/auth/verify-otp ${json} -d '{"otp":${otp}}'`)
    return {
      reply: await verify(String(Number(code))),
      says: 'Send the code as a string: "012345" in quotes keeps its zero.',
      retry: () => verify(`"${code}"`),
    }
  }),
}

/** A login that is spoilt, and how it is typed as the fix says. */
const logins: Record<string, { typed: string; says: string; retyped?: string }> = {
  'wrong_method: get_instead_of_post': { typed: 'curl $URL/auth/login', says: 'Send POST, not GET' },
  'wrong_method: other_method': {
    typed: `curl -X PUT $URL/auth/login ${json} -d "$LOGIN"`,
    says: 'Send POST.',
  },
  'not_found: near_miss': {
    typed: `curl $URL/auth/login/ ${json} -d "$LOGIN"`,
    says: 'Send POST /auth/login.',
  },
  'not_found: near_miss without /auth': {
    typed: `curl $URL/login ${json} -d "$LOGIN"`,
    says: 'Send POST /auth/login.',
  },
  'not_found: near_miss in capitals': {
    typed: `curl $URL/Auth/Login ${json} -d "$LOGIN"`,
    says: 'Send POST /auth/login.',
  },
  'not_found: unknown_path': {
    typed: `curl $URL/users/sign_in ${json} -d "$LOGIN"`,
    says: 'Check the path and the port; /openapi.json lists every route.',
  },
  'malformed_json: empty': {
    typed: 'curl -X POST $URL/auth/login',
    says: 'Send a JSON object with Content-Type: application/json',
  },
  'malformed_json: form_body': {
    typed: `curl $URL/auth/login ${json} -d 'email=test@test.com&password=123456'`,
    says: 'Send a JSON object with Content-Type: application/json',
  },
  'malformed_json: single_quotes': {
    typed: `curl $URL/auth/login ${json} -d "{'email':'test@test.com','password':'123456'}"`,
    says: `Write double quotes inside and single ones around for the shell: -d '{"otp":"012345"}'`,
  },
  'malformed_json: bare_names': {
    typed: `curl $URL/auth/login ${json} -d "{"email":"test@test.com","password":"123456"}"`,
    says: 'Put every name in double quotes',
  },
  'malformed_json: trailing_comma': {
    typed: `curl $URL/auth/login ${json} -d '{"email":"test@test.com","password":"123456",}'`,
    says: 'Delete the last comma.',
  },
  'malformed_json: cut_off': {
    typed: `curl $URL/auth/login ${json} -d '{"email":"test@test.com","password":"123456"'`,
    says: 'Close every quote and brace',
  },
  'malformed_json: markup': {
    typed: `curl $URL/auth/login ${json} -d '<login><email>test@test.com</email></login>'`,
    says: 'Send a JSON object with Content-Type: application/json',
  },
  'malformed_json: not_json': {
    typed: `curl $URL/auth/login ${json} -d '{"email" "test@test.com"}'`,
    says: 'Send a JSON object as the body, for example {"otp":"012345"}',
  },
  'malformed_json: too_complex': {
    typed: `curl $URL/auth/login ${json} -d '{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":1}}}}}}}}}'`,
    says: 'Send only the members that the route has',
  },
  'unsupported_media_type: form_body': {
    typed: 'curl $URL/auth/login -d "$LOGIN"',
    says: "Send JSON: curl -H 'Content-Type: application/json'",
    retyped: `curl -H 'Content-Type: application/json' $URL/auth/login -d "$LOGIN"`,
  },
  'unsupported_media_type: no_content_type': {
    typed: 'curl $URL/auth/login -H "Content-Type:" -d "$LOGIN"',
    says: 'Send the header Content-Type: application/json.',
  },
  'unsupported_media_type: other_charset': {
    typed: 'curl $URL/auth/login -H "Content-Type: application/json; charset=latin1" -d "$LOGIN"',
    says: 'Send Content-Type: application/json, which is always UTF-8.',
  },
  'unsupported_media_type: other_content_type': {
    typed: 'curl $URL/auth/login -H "Content-Type: text/plain" -d "$LOGIN"',
    says: 'Set the header Content-Type: application/json',
  },
  'unsupported_media_type: compressed': {
    typed: `echo "$LOGIN" | gzip | curl $URL/auth/login ${json} -H 'Content-Encoding: gzip' --data-binary @-`,
    says: 'Send the body uncompressed',
  },
  'payload_too_large: over_16_kb': {
    typed: `head -c 20000 /dev/zero | tr '\\0' ' ' | curl $URL/auth/login ${json} --data-binary @-`,
    says: 'Send only the members that the route has',
  },
  'invalid_request: not_an_object': {
    typed: `curl $URL/auth/login ${json} -d "[$LOGIN]"`,
    says: 'Send one JSON object',
  },
  'invalid_request: other_name': {
    typed: `curl $URL/auth/login ${json} -d '{"username":"test@test.com","password":"123456"}'`,
    says: 'Name it email.',
  },
  'invalid_request: missing_member': {
    typed: `curl $URL/auth/login ${json} -d '{"email":"test@test.com"}'`,
    says: 'Add the members listed in errors.',
  },
  'invalid_request: wrong_kind': {
    typed: `curl $URL/auth/login ${json} -d '{"email":"test@test.com","password":123456}'`,
    says: 'Send each member as the kind that errors names',
  },
  'invalid_request: out_of_rule': {
    typed: `curl $URL/auth/login ${json} -d '{"email":"@","password":"123456"}'`,
    says: 'Correct the members listed in errors and send the request again.',
  },
  'invalid_credentials: address_or_password': {
    typed: `curl $URL/auth/login ${json} -d '{"email":"test@test.com","password":"1234567"}'`,
    says: 'in development the banner names an account',
  },
}

const ofLogins = Object.fromEntries(
  Object.entries(logins).map(([name, { typed, says, retyped }]) => [
    name,
    line(async ({ shell, logIn }) => ({
      reply: await shell(typed),
      says,
      retry: () => (retyped === undefined ? logIn() : shell(retyped)),
    })),
  ]),
)

const orders = 'the secret of the orders service: 4 hawks'
const services = { CLIENTS: `orders:${orders}` }
const introspect = `curl -u "orders:$SECRET" -d token=x $URL/auth/introspect`
const SECRET = encodeURIComponent(orders)

/** A service that asks about a token, in a way that does not do. */
function ofService(mistaken: string, says: string): ClientLesson {
  return line(
    async ({ shell }) => ({
      reply: await shell(mistaken, { SECRET }),
      says,
      retry: () => shell(introspect, { SECRET }),
    }),
    services,
  )
}

const ofServices: Record<string, ClientLesson> = {
  'client_invalid: no_clients': line(async ({ shell }, scene) => ({
    reply: await shell(introspect, { SECRET }),
    says: 'Set CLIENTS=<id>:<secret> at the server',
    retry: async () => {
      await scene.restart(services)
      return shell(introspect, { SECRET })
    },
  })),
  'client_invalid: no_client_secret': ofService(
    'curl -d token=x $URL/auth/introspect',
    'curl -u <id>:<secret> -d token=<the token>',
  ),
  'client_invalid: unreadable_basic': ofService(
    'curl -H "Authorization: Bearer $SECRET" -d token=x $URL/auth/introspect',
    'Send Authorization: Basic <base64 of id:secret>',
  ),
  'client_invalid: wrong_client_secret': ofService(
    'curl -u "order:$SECRET" -d token=x $URL/auth/introspect',
    'Compare both with CLIENTS at the server',
  ),
  'unsupported_media_type: form_wanted': ofService(
    `curl -u "orders:$SECRET" ${json} -d '{"token":"x"}' $URL/auth/introspect`,
    'Send the header Content-Type: application/x-www-form-urlencoded',
  ),
}

const ofRoutes: Record<string, ClientLesson> = {
  'not_found: no_such_thing': line(async ({ shell, enter }) => {
    await enter()
    const end = (id: string) => shell(`curl -b jar -X DELETE $URL/auth/sessions/${id}`)
    return {
      reply: await end(`ses_${'A'.repeat(22)}`),
      says: 'Take the id from the list: GET /auth/sessions',
      retry: async () => end((await shell('curl -b jar $URL/auth/sessions')).body.sessions[0].id),
    }
  }),
  // "Copy as cURL" of a browser brings the Origin along.
  'cross_site_request: origin_not_listed': line(async ({ shell }, scene) => {
    const ask = () => shell(`curl $URL/auth/login ${json} -H 'Origin: http://localhost:5173' -d "$LOGIN"`)
    return {
      reply: await ask(),
      says: 'Add http://localhost:5173 to CORS_ORIGINS',
      retry: async () => {
        await scene.restart({ CORS_ORIGINS: 'http://localhost:5173' })
        return ask()
      },
    }
  }),
  'invalid_credentials: wrong_current_password': line(async ({ shell, enter }) => {
    await enter()
    const change = (currentPassword: string) =>
      shell(
        `curl -b jar $URL/auth/password/change ${json} -d '${JSON.stringify({ currentPassword, newPassword })}'`,
      )
    return {
      reply: await change('1234567'),
      says: 'Send the password that the account has now as currentPassword.',
      retry: () => change('123456'),
    }
  }),
  'registration_closed: closed': line(
    async ({ shell }, scene) => {
      const ask = () =>
        shell(`curl $URL/auth/register ${json} -d '{"email":"bob@example.test","password":"${newPassword}"}'`)
      return {
        reply: await ask(),
        says: 'REGISTRATION=open lets everybody in.',
        retry: async () => {
          await scene.restart({ REGISTRATION: 'open' })
          return ask()
        },
      }
    },
    { REGISTRATION: 'closed' },
  ),
}

const passwords: Record<string, { chosen: string; says: string }> = {
  too_short: { chosen: 'kqzw7', says: 'Choose a longer one' },
  too_long: { chosen: 'kqzw7vXp'.repeat(33), says: 'Choose one within 256 characters.' },
  not_unicode: { chosen: 'half a character \\ud800 is here', says: 'Send it as text in UTF-8.' },
  too_simple: { chosen: 'abababababababab', says: 'Choose one of several words' },
  too_common: { chosen: 'password1', says: 'Choose one that nobody else would.' },
  contains_address: { chosen: 'bob@example.test', says: 'Choose one that does not hold the address.' },
  contains_context: { chosen: 'sallyport1', says: 'does not hold the name of the service.' },
}

const ofPasswords = Object.fromEntries(
  Object.entries(passwords).map(([cause, { chosen, says }]) => [
    `password_rejected: ${cause}`,
    line(async ({ shell }) => {
      const ask = (password: string) =>
        shell(`curl $URL/auth/register ${json} -d '{"email":"bob@example.test","password":"${password}"}'`)
      const reply = await ask(chosen)
      assert.equal(reply.body.reason, cause)
      return { reply, says, retry: () => ask(newPassword) }
    }),
  ]),
)

export const lessonsOfCurl: Record<string, ClientLesson> = {
  ...ofSessions,
  ...ofTokens,
  ...ofCodes,
  ...ofLogins,
  ...ofRoutes,
  ...ofServices,
  ...ofPasswords,
}
