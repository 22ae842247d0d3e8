import { type CauseRow, told } from '../cause-row.ts'
import type { Facts } from '../facts.ts'

const sendJson =
  'Send a JSON object with Content-Type: application/json; in Postman and Thunder Client choose Body, then raw or JSON.'

/** Why a body can't be read. */
const unreadable = [
  {
    code: 'malformed_json',
    cause: 'empty',
    means: 'The request has no body.',
    shownIn: 'production',
    when: told('empty', 'The request has no body.'),
    fix: sendJson,
    howOften: 4,
  },
  {
    code: 'malformed_json',
    cause: 'bad_utf8',
    means: 'The bytes of the body are not UTF-8.',
    shownIn: 'production',
    when: told('bad_utf8', 'The body is not UTF-8.'),
    fix: 'Encode the body as UTF-8.',
    howOften: 1,
  },
  {
    code: 'malformed_json',
    cause: 'too_complex',
    means: 'The body is nested deeper than 8 levels or has more than 64 members in one place.',
    shownIn: 'production',
    when: told('too_complex', 'The body is nested too deep or has too many members.'),
    fix: 'Send only the members that the route has; they are flat.',
    howOften: 1,
  },
  ...spellings([
    ['form_body', 'form', 4, 'The body is form data (a=b&c=d), declared as JSON.', sendJson],
    [
      'single_quotes',
      'single_quotes',
      4,
      'The body has single quotes where JSON has double ones.',
      `Write double quotes inside and single ones around for the shell: -d '{"otp":"012345"}'; on Windows "{\\"otp\\":\\"012345\\"}".`,
    ],
    [
      'bare_names',
      'bare_names',
      3,
      'The names of the body have no quotes, as in a JavaScript object: a shell took them, or it was never JSON.',
      'Put every name in double quotes; in code send JSON.stringify(object).',
    ],
    [
      'trailing_comma',
      'trailing_comma',
      2,
      'A comma stands before the end of an object or list.',
      'Delete the last comma.',
    ],
    [
      'cut_off',
      'cut_off',
      2,
      'The body ends in the middle of its JSON.',
      'Close every quote and brace; if they are closed, compare Content-Length with the bytes sent.',
    ],
    ['markup', 'markup', 1, 'The body is XML or HTML.', sendJson],
    [
      'not_stringified',
      'object_text',
      3,
      'The body is what JavaScript makes of an object as text: JSON.stringify was forgotten.',
      'Send body: JSON.stringify(object) with Content-Type: application/json.',
    ],
  ]),
  {
    code: 'malformed_json',
    cause: 'not_json',
    means: 'The body breaks a rule of JSON.',
    shownIn: 'production',
    when: () => 'The body could not be read as JSON.',
    fix: 'Send a JSON object as the body, for example {"otp":"012345"}; a JSON linter finds the place.',
    howOften: 3,
  },
] as const satisfies readonly CauseRow[]

/** Why a body of a type is not looked at. */
const wrongType = [
  {
    code: 'unsupported_media_type',
    cause: 'form_wanted',
    means: 'The route is one of an OAuth standard and takes form data; JSON came, or something else.',
    shownIn: 'production',
    when: told(
      'form_wanted',
      'This route takes form data (RFC 7662, RFC 7009), and the body is of another type.',
    ),
    fix: 'Send the header Content-Type: application/x-www-form-urlencoded and token=<the token> as the body.',
    howOften: 2,
  },
  {
    code: 'unsupported_media_type',
    cause: 'compressed',
    means: 'The body is compressed (Content-Encoding).',
    shownIn: 'production',
    when: ({ request }) => (request.isCompressed ? 'The body is compressed (Content-Encoding).' : undefined),
    fix: 'Send the body uncompressed; none here is over 16 kB.',
    howOften: 1,
  },
  {
    code: 'unsupported_media_type',
    cause: 'form_body',
    means: 'The body is form data: what curl -d and HTML forms send by default.',
    shownIn: 'production',
    when: ({ request }) =>
      request.contentType === 'form' ? 'Content-Type says that the body is form data.' : undefined,
    fix: "Send JSON: curl -H 'Content-Type: application/json'; in Postman choose Body, raw, JSON.",
    howOften: 5,
  },
  {
    code: 'unsupported_media_type',
    cause: 'no_content_type',
    means: 'A body came without a Content-Type.',
    shownIn: 'production',
    when: ({ request }) =>
      request.contentType === undefined ? 'A body came without a Content-Type.' : undefined,
    fix: 'Send the header Content-Type: application/json.',
    howOften: 3,
  },
  {
    code: 'unsupported_media_type',
    cause: 'other_charset',
    means: 'The JSON is said to be in another encoding than UTF-8.',
    shownIn: 'production',
    when: ({ request }) =>
      request.contentType === 'json'
        ? 'Content-Type is JSON with another charset, or with more than one parameter.'
        : undefined,
    fix: 'Send Content-Type: application/json, which is always UTF-8.',
    howOften: 1,
  },
  {
    code: 'unsupported_media_type',
    cause: 'other_content_type',
    means: 'The body is declared as another type, such as text/plain: what fetch sends for a string.',
    shownIn: 'production',
    when: ({ request }) =>
      request.contentType === 'text'
        ? 'Content-Type says that the body is plain text: what fetch sends for a string.'
        : 'Content-Type says that the body is of another type than JSON.',
    fix: "Set the header Content-Type: application/json; in fetch headers: {'content-type': 'application/json'}.",
    howOften: 4,
  },
] as const satisfies readonly CauseRow[]

type Spelling = readonly [
  cause: string,
  looksLike: NonNullable<Facts['body']>['looksLike'],
  howOften: CauseRow['howOften'],
  means: string,
  fix: string,
]

function spellings<const Rows extends readonly Spelling[]>(rows: Rows) {
  return rows.map(([cause, looksLike, howOften, means, fix]) => ({
    code: 'malformed_json' as const,
    cause: cause as Rows[number][0],
    means,
    shownIn: 'production' as const,
    when: ({ body }: Facts) => (body?.looksLike === looksLike ? means : undefined),
    fix,
    howOften,
  }))
}

const tooLarge = [
  {
    code: 'payload_too_large',
    cause: 'over_16_kb',
    means: 'The body is over 16 kB.',
    shownIn: 'production',
    when: ({ request: { length } }) =>
      length === undefined
        ? 'The body is over 16 kB.'
        : `Content-Length is ${length} bytes, and 16384 are taken.`,
    fix: 'Send only the members that the route has; nothing else is read.',
    howOften: 5,
  },
] as const satisfies readonly CauseRow[]

export const bodyCauses = [...unreadable, ...wrongType, ...tooLarge]
