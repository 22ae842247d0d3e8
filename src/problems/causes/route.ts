import { type CauseRow, told } from '../cause-row.ts'
import type { NearRoute } from '../facts.ts'

/** Why a request finds nothing. */
export const routeCauses = [
  {
    code: 'wrong_method',
    cause: 'get_instead_of_post',
    means: "The path takes POST, and GET came: what a browser's address bar and curl without -d always send.",
    shownIn: 'production',
    when: ({ request, route }) =>
      request.method === 'GET' && route.methods.includes('POST')
        ? `GET is not a method of this path; it has ${route.methods.join(', ')}.`
        : undefined,
    fix: "Send POST, not GET: a browser's address bar always sends GET; use curl, Postman or a form.",
    howOften: 5,
  },
  {
    code: 'wrong_method',
    cause: 'origin_of_preflight_not_listed',
    means: 'A browser asked for permission (a preflight) from a page whose origin is not in CORS_ORIGINS.',
    shownIn: 'production',
    when: ({ request }) =>
      request.isPreflight && !request.origin?.isListed
        ? `A preflight came from ${request.origin?.text ?? 'a page'}, which is not in CORS_ORIGINS.`
        : undefined,
    fix: ({ request }) =>
      `Add the exact origin of the page to CORS_ORIGINS${request.origin ? ` (${request.origin.text})` : ''}, or serve the page from PUBLIC_URL.`,
    howOften: 4,
  },
  {
    code: 'wrong_method',
    cause: 'other_method',
    means: 'The path exists and takes other methods, those of the Allow header.',
    shownIn: 'production',
    when: ({ request, route }) =>
      `${/^[A-Z]{1,12}$/.test(request.method) ? request.method : 'This'} is not a method of this path; it has ${route.methods.join(', ') || 'others'}.`,
    fix: ({ route }) =>
      route.methods.length > 0
        ? `Send ${route.methods.join(' or ')}.`
        : 'Send the request with a method of the Allow header.',
    howOften: 3,
  },
  {
    code: 'not_found',
    cause: 'no_such_thing',
    means: 'The path is right; the session, device, mail or page that it names is not there, or not yours.',
    shownIn: 'production',
    when: ({ route, told: { detail } }) =>
      route.isKnown
        ? (detail ?? 'The path is one of ours, and what it names is not there for you.')
        : undefined,
    fix: 'Take the id from the list: GET /auth/sessions, GET /auth/devices.',
    howOften: 2,
  },
  {
    code: 'not_found',
    cause: 'near_miss',
    means:
      'The path is almost one of ours: /auth is missing, a slash too many, capital letters, a typing mistake.',
    shownIn: 'production',
    when: ({ route: { nearest } }) => nearest && nearMiss(nearest),
    fix: ({ route: { nearest } }) =>
      nearest
        ? `Send ${nearest.method} ${nearest.path}.`
        : 'Compare the path with /openapi.json: every route begins with /auth, without a slash at its end.',
    howOften: 5,
  },
  {
    code: 'not_found',
    cause: 'unknown_path',
    means: 'No route is like this path.',
    shownIn: 'production',
    when: () => 'No route of this server is like this path.',
    fix: 'Check the path and the port; /openapi.json lists every route.',
    howOften: 3,
  },
  {
    code: 'cross_site_request',
    cause: 'null_origin',
    means: 'The page has no origin (Origin: null): a file, a sandboxed frame, a redirect across sites.',
    shownIn: 'production',
    when: ({ request }) =>
      request.origin?.text === 'null' ? 'The request came with Origin: null.' : undefined,
    fix: 'Serve the page over http from an origin of its own, and add that to CORS_ORIGINS.',
    howOften: 2,
  },
  {
    code: 'cross_site_request',
    cause: 'origin_not_listed',
    means:
      'The page that calls is of an origin that is neither PUBLIC_URL nor in CORS_ORIGINS; scheme and port count.',
    shownIn: 'production',
    when: ({ request: { origin }, settings }) =>
      origin && !origin.isOwn && !origin.isListed
        ? `The page is of ${origin.text}; this server is ${settings.publicUrl}, and CORS_ORIGINS does not list that page.`
        : undefined,
    fix: ({ request: { origin } }) =>
      `Add ${origin ? origin.text : 'the exact origin of the page'} to CORS_ORIGINS, or serve the page from PUBLIC_URL.`,
    howOften: 5,
  },
  {
    code: 'cross_site_request',
    cause: 'site_without_origin',
    means: 'The browser says that another site sent the request (Sec-Fetch-Site), and names no origin.',
    shownIn: 'production',
    when: ({ request: { site } }) =>
      `The browser says Sec-Fetch-Site: ${site ?? 'cross-site'}, and names no Origin.`,
    fix: 'Call from PUBLIC_URL, or add the exact origin of the page to CORS_ORIGINS.',
    howOften: 1,
  },
  {
    code: 'service_unavailable',
    cause: 'store_away',
    means: 'The database does not answer.',
    shownIn: 'development',
    when: told('store_away', 'The store cannot be reached or did not answer in time.'),
    fix: 'Start the database that DATABASE_URL names; /readyz says when it answers.',
    howOften: 4,
  },
  {
    code: 'service_unavailable',
    cause: 'not_ready',
    means: '/readyz found a dependency that does not answer; `failing` names it.',
    shownIn: 'development',
    when: ({ told: { failing } }) =>
      failing.length > 0 ? `Without an answer: ${failing.join(', ')}.` : undefined,
    fix: 'Start what failing names, then ask /readyz again.',
    howOften: 3,
  },
  {
    code: 'service_unavailable',
    cause: 'passwords_waiting',
    means: 'More passwords wait to be checked than the processor can check in time.',
    shownIn: 'development',
    when: told(
      'passwords_waiting',
      'More passwords are waiting to be checked than this server can check in time.',
    ),
    fix: 'Try again after the seconds in Retry-After; more cores or more servers check more.',
    howOften: 2,
  },
  {
    code: 'service_unavailable',
    cause: 'too_slow',
    means: 'The answer took longer than the 5 s that a request may take.',
    shownIn: 'development',
    when: told('too_slow', 'The answer took longer than a request may take.'),
    fix: 'Try again after the seconds in Retry-After; see /readyz for what is slow.',
    howOften: 2,
  },
  {
    code: 'internal',
    cause: 'fault',
    means: 'An exception that nobody expected. The log has it under the support code.',
    shownIn: 'development',
    when: () => 'An exception that nobody expected; the console has its stack under the support code.',
    fix: 'Read the stack in the log of the server, found by the support code, and report it.',
    howOften: 5,
  },
] as const satisfies readonly CauseRow[]

function nearMiss({ method, path, because, asked }: NearRoute): string {
  const there = asked === undefined ? 'There is no such path' : `There is no ${asked}`
  return `${there}: ${difference[because]}. Did you mean ${method} ${path}?`
}

const difference: Record<NearRoute['because'], string> = {
  slash: 'it has a slash too many',
  case: 'paths are written in small letters',
  prefix: 'what stands before it is different',
  spelling: 'it is spelt a little differently',
}
