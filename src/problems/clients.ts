import type { ProblemCode } from './catalogue.ts'

/** How five clients do what most fixes ask for. */
type ClientAdvice = { client: string; advice: string; sample?: string }[]

type Topic = 'cookie' | 'bearer' | 'json' | 'method' | 'wait' | 'cors'

const adviceOn: Record<Topic, ClientAdvice> = {
  cookie: [
    {
      client: 'curl',
      advice: 'Keep the cookies of every answer in a file, and send them:',
      sample: 'curl -c jar -b jar',
    },
    {
      client: 'fetch',
      advice:
        'In every request of a page, the login too; Node keeps no cookies, so a script sends the name=value of Set-Cookie as the header Cookie:',
      sample: "fetch(url, { method: 'POST', credentials: 'include' })",
    },
    {
      client: 'axios',
      advice: 'Once for all requests of a page; in Node as for fetch, by the header Cookie:',
      sample: 'axios.create({ baseURL, withCredentials: true })',
    },
    {
      client: 'Postman',
      advice:
        'One host name in all requests; the link Cookies under Send shows what is kept for it. The web version needs its desktop agent.',
    },
    {
      client: 'Thunder Client',
      advice:
        'One host name in all requests; the settings of the extension must not say that cookies are not saved.',
    },
  ],
  bearer: [
    {
      client: 'curl',
      advice: 'The header, in double quotes so that the shell fills the variable in:',
      sample: 'curl -H "Authorization: Bearer $TOKEN"',
    },
    {
      client: 'fetch',
      advice: 'The word Bearer, one space, the token:',
      sample: "fetch(url, { headers: { authorization: 'Bearer ' + accessToken } })",
    },
    {
      client: 'axios',
      advice: 'In the config, which is the second argument of get and the third of post:',
      sample: "axios.get(url, { headers: { Authorization: 'Bearer ' + accessToken } })",
    },
    {
      client: 'Postman',
      advice: 'Authorization, type Bearer Token; the field holds the token alone, without the word Bearer.',
    },
    {
      client: 'Thunder Client',
      advice: 'Auth, then Bearer; the field holds the token alone, with the prefix Bearer beside it.',
    },
  ],
  json: [
    {
      client: 'curl',
      advice: '--json sets the content type; single quotes keep the shell away:',
      sample: `curl --json '{"otp":"012345"}'`,
    },
    {
      client: 'fetch',
      advice: 'Both, the header and the text:',
      sample:
        "fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ otp: '012345' }) })",
    },
    {
      client: 'axios',
      advice: 'An object, which axios turns into JSON; not a string, not URLSearchParams:',
      sample: "axios.post(url, { otp: '012345' })",
    },
    { client: 'Postman', advice: 'Body, then raw, then JSON in the list at its right.' },
    { client: 'Thunder Client', advice: 'Body, then JSON; not Form and not Form-encode.' },
  ],
  method: [
    { client: 'curl', advice: 'A body makes it a POST; without one say so:', sample: 'curl -X POST' },
    {
      client: 'fetch',
      advice: 'GET is what it sends unless told otherwise:',
      sample: "fetch(url, { method: 'POST' })",
    },
    { client: 'axios', advice: 'Each method is a function:', sample: 'axios.post(url)' },
    { client: 'Postman', advice: 'Choose the method in the list at the left of the address.' },
    { client: 'Thunder Client', advice: 'Choose the method in the list at the left of the address.' },
  ],
  wait: [
    { client: 'curl', advice: 'Show the headers, or let it wait by itself:', sample: 'curl -i --retry 1' },
    {
      client: 'fetch',
      advice: 'The seconds to wait:',
      sample: "Number(response.headers.get('retry-after'))",
    },
    {
      client: 'axios',
      advice: 'The seconds to wait:',
      sample: "Number(error.response.headers['retry-after'])",
    },
    { client: 'Postman', advice: 'The tab Headers of the answer shows Retry-After.' },
    { client: 'Thunder Client', advice: 'The tab Headers of the answer shows Retry-After.' },
  ],
  cors: [
    { client: 'curl', advice: 'Send no Origin header: only pages have one.' },
    {
      client: 'fetch',
      advice: 'The origin of the page, with scheme and port, belongs into the settings of the server:',
      sample: 'CORS_ORIGINS=http://localhost:5173',
    },
    {
      client: 'axios',
      advice: 'The same as for fetch; in Node neither sends an Origin.',
      sample: 'CORS_ORIGINS=http://localhost:5173',
    },
    { client: 'Postman', advice: 'Remove the Origin header, if one was copied from a browser.' },
    { client: 'Thunder Client', advice: 'Remove the Origin header, if one was copied from a browser.' },
  ],
}

const topicOf: Partial<Record<ProblemCode, Topic>> = {
  session_missing: 'cookie',
  session_ended: 'cookie',
  otp_invalid: 'json',
  bearer_missing: 'bearer',
  token_invalid: 'bearer',
  token_expired: 'bearer',
  refresh_invalid: 'json',
  invalid_request: 'json',
  malformed_json: 'json',
  unsupported_media_type: 'json',
  payload_too_large: 'json',
  wrong_method: 'method',
  not_found: 'method',
  rate_limited: 'wait',
  otp_locked: 'wait',
  otp_resend_too_soon: 'wait',
  service_unavailable: 'wait',
  cross_site_request: 'cors',
}

/** Only where the clients differ. */
export function clientAdvice(code: ProblemCode): ClientAdvice {
  const topic = topicOf[code]
  return topic === undefined ? [] : adviceOn[topic]
}
