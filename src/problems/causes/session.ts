import { sayDuration } from '../../utils/duration.ts'
import type { CauseRow } from '../cause-row.ts'
import type { Facts } from '../facts.ts'
import { ago } from '../words.ts'

const sendItBack =
  "Send the cookie of the login back: curl -c jar -b jar, fetch with credentials: 'include', axios with withCredentials: true, or the same Postman tab. Node keeps no cookies: send the name=value of Set-Cookie as the header Cookie."

/** Why no session came, or one that does not do. */
export const sessionCauses = [
  {
    code: 'session_missing',
    cause: 'duplicate_cookie',
    means:
      'Two cookies of the same name came, and only the first is read: one of them is of an older path or domain.',
    shownIn: 'production',
    when: ({ cookie }) =>
      cookie.verdict === 'duplicate'
        ? `Two cookies named ${cookie.name} came with this request, and only the first is read.`
        : undefined,
    fix: 'Delete the cookies of this host, log in again and send the one cookie that the answer sets.',
    howOften: 1,
  },
  {
    code: 'session_missing',
    cause: 'unsigned_cookie',
    means:
      'The cookie holds something that this server never sets, such as the sessionId of the login, which is only a name.',
    shownIn: 'production',
    when: ({ cookie }) =>
      cookie.verdict === 'unsigned'
        ? `The cookie ${cookie.name} came, and its value is not one that this server sets.`
        : undefined,
    fix: 'Send the value of the Set-Cookie header unchanged; the sessionId of a login is a name and opens nothing.',
    howOften: 2,
  },
  {
    code: 'session_missing',
    cause: 'bad_signature',
    means:
      'No SESSION_SECRET of this server verifies the cookie: the secret changed, another server made it, or it was altered.',
    shownIn: 'development',
    when: ({ cookie }) =>
      cookie.verdict === 'bad_signature'
        ? `The cookie ${cookie.name} came, and no SESSION_SECRET verifies it: probably the secret changed since it was made.`
        : undefined,
    fix: 'Log in again; to keep cookies across a change, set both secrets: SESSION_SECRET=NEW,OLD.',
    howOften: 3,
  },
  {
    code: 'session_missing',
    cause: 'store_was_reset',
    means:
      'The signature is good and the store knows no such session: a memory: store, a restart or a deleted data directory.',
    shownIn: 'development',
    when: ({ cookie, recalled }) =>
      cookie.verdict === 'unknown' && recalled && !recalled.isCookieKnown
        ? `The cookie is signed by this server, and its store has no such session. The server runs for ${sayDuration(recalled.runningForSeconds * 1_000)} and did not give the cookie out: probably the store was emptied.`
        : undefined,
    fix: 'Log in again; set DATA_DIR or DATABASE_URL to a store that stays.',
    howOften: 3,
  },
  {
    code: 'session_missing',
    cause: 'forgotten_session',
    means: 'The signature is good and the session is gone: it ended so long ago that its record was deleted.',
    shownIn: 'development',
    when: ({ cookie }) =>
      cookie.verdict === 'unknown'
        ? 'The cookie is signed by this server, and no session belongs to it any more.'
        : undefined,
    fix: 'Log in again.',
    howOften: 1,
  },
  {
    code: 'session_missing',
    cause: 'other_cookie_name',
    means:
      'The cookie came under the name that it has on http, and this server is on https, or the other way round.',
    shownIn: 'production',
    when: ({ cookie }) =>
      cookie.verdict === 'none' && cookie.hasOtherName
        ? `This server's cookie is ${cookie.name}; one of the other name came: probably PUBLIC_URL changed between http and https.`
        : undefined,
    fix: 'Log in again at PUBLIC_URL, and send the cookie under the name that the answer gives it.',
    howOften: 1,
  },
  {
    code: 'session_missing',
    cause: 'other_host',
    means:
      'The login went to another name of the same server, such as localhost and 127.0.0.1: these are two cookie jars.',
    shownIn: 'development',
    when: ({ cookie, request, recalled }) =>
      cookie.verdict === 'none' &&
      recalled?.given &&
      !recalled.wasGivenHere &&
      recalled.given.host !== request.host
        ? `You logged in at ${recalled.given.host} ${ago(recalled.given.secondsAgo)} and call ${request.host ?? 'another name'}: two cookie jars.`
        : undefined,
    fix: ({ recalled }) =>
      recalled?.given
        ? `Use one name for all requests: ${recalled.given.host}.`
        : 'Use one host name for all requests.',
    howOften: 4,
  },
  {
    code: 'session_missing',
    cause: 'secure_on_http',
    means: 'PUBLIC_URL is https, so the cookie is Secure, and clients do not send it over plain http.',
    shownIn: 'development',
    when: ({ cookie, request, settings }) =>
      cookie.verdict === 'none' && settings.publicUrl.startsWith('https:') && request.scheme === 'http'
        ? 'PUBLIC_URL is https, so the cookie is Secure, and this request came over plain http: the client keeps it back.'
        : undefined,
    fix: ({ settings }) =>
      `Open ${settings.publicUrl}, or set PUBLIC_URL to the http:// address; behind a TLS proxy let it send X-Forwarded-Proto: https.`,
    howOften: 4,
  },
  {
    code: 'session_missing',
    cause: 'cross_site_lax',
    means: 'The page that calls is of another site, and browsers send no SameSite=Lax cookie across sites.',
    shownIn: 'production',
    when: ({ cookie, request }) =>
      cookie.verdict === 'none' && request.site === 'cross-site'
        ? 'The browser says that this request came from another site (Sec-Fetch-Site: cross-site), and SameSite=Lax cookies are not sent across sites.'
        : undefined,
    fix: 'Serve the page and this server under one site, such as app.example.com and id.example.com, or proxy /auth to this server.',
    howOften: 3,
  },
  {
    code: 'session_missing',
    cause: 'cors_without_credentials',
    means: 'A page of another origin called without asking the browser to send cookies along.',
    shownIn: 'production',
    when: ({ cookie, request: { origin } }) =>
      cookie.verdict === 'none' && origin?.isListed && !origin.isOwn
        ? `The page of ${origin.text} may call here, and its request carried no cookie.`
        : undefined,
    fix: "Add credentials: 'include' (fetch) or withCredentials: true (axios) to this request and to the login.",
    howOften: 4,
  },
  {
    code: 'session_missing',
    cause: 'cookie_not_sent',
    means: 'The request came without the session cookie that the login set.',
    shownIn: 'production',
    when: (facts) => (facts.cookie.verdict === 'none' ? withoutCookie(facts) : undefined),
    fix: ({ settings: { publicUrl } }) =>
      publicUrl.startsWith('https:')
        ? `${sendItBack} It is Secure, so it comes back over https only: call ${publicUrl}.`
        : sendItBack,
    howOften: 5,
  },
] as const satisfies readonly CauseRow[]

function withoutCookie({ cookie, recalled }: Facts): string {
  const came = cookie.hasHeader
    ? `this request carried other cookies, and no ${cookie.name}`
    : 'this request carried no Cookie header'
  if (recalled?.given)
    return `The answer of ${ago(recalled.given.secondsAgo)} set the cookie ${cookie.name}; ${came}.`
  return `${came.replace('this', 'This')}.`
}
