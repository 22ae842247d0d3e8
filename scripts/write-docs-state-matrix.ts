/**
 * What every route answers in every stage of a session (ASVS 2.3.1, 8.1.1), written by hand as policy.
 * test/attacks/flow-02-every-route-in-every-state.test.ts asks a real server for each cell, and docs/state-matrix.md shows it.
 */

export const stages = {
  anonymous: 'no session',
  login: 'the password was right, the code of the login is to come',
  registration: 'the code of a registration is to come',
  reset: 'the code of a reset is to come',
  fresh: 'a code was verified within `STEP_UP_TTL`',
  stale: 'verified, the code longer ago, or none in a trusted device',
  'step-up': 'stale, and the code of a step-up is to come',
  'e-mail': 'fresh, and the code of a new address is to come',
  ended: 'the session has ended',
} as const

export type Stage = keyof typeof stages
type Answers = Record<Stage, string>

export type MatrixRow = {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  /** In place of the `:id` of the path. */
  id?: string
  body?: unknown
  answers: Answers
}

const missing = '401 session_missing'
const ended = '401 session_ended'
const notPending = '409 otp_not_pending'

function everywhere(answer: string): Answers {
  return {
    anonymous: answer,
    login: answer,
    registration: answer,
    reset: answer,
    fresh: answer,
    stale: answer,
    'step-up': answer,
    'e-mail': answer,
    ended: answer,
  }
}

/** Only a verified session; `fresh` where the code must be recent, or the same as `answer`. */
function verified(answer: string, stale = answer): Answers {
  const pending = { login: '403 otp_required', registration: '403 otp_required', reset: '403 otp_required' }
  return { anonymous: missing, ...pending, fresh: answer, stale, 'step-up': stale, 'e-mail': answer, ended }
}

/** Only a session that waits for a code of this step. */
function waiting(answer: string, admitted: Stage[]): Answers {
  const all = { ...everywhere(notPending), anonymous: missing, ended }
  return { ...all, ...Object.fromEntries(admitted.map((stage) => [stage, answer])) }
}

const email = 'somebody@example.test'
const password = 'seven horses in the rain'
const otp = '000000'

/** Bodies are well-formed; codes and passwords in them are wrong, unless the row says otherwise. */
export const stateMatrix: MatrixRow[] = [
  // Anybody may begin something: it replaces the session that the browser had.
  {
    method: 'POST',
    path: '/auth/login',
    body: { email, password },
    answers: everywhere('401 invalid_credentials'),
  },
  { method: 'POST', path: '/auth/register', body: { email, password }, answers: everywhere('200') },
  { method: 'POST', path: '/auth/password/forgot', body: { email }, answers: everywhere('200') },
  {
    method: 'POST',
    path: '/auth/email/undo',
    body: { code: 'AAAAA-AAAAA-AAAAA-AAAAA-AAAAA' },
    answers: everywhere('401 mailed_code_invalid'),
  },
  {
    method: 'POST',
    path: '/auth/refresh',
    body: { refreshToken: 'x' },
    answers: everywhere('401 refresh_invalid'),
  },
  { method: 'GET', path: '/auth/session', answers: everywhere('200') },
  { method: 'POST', path: '/auth/logout', answers: everywhere('200') },

  // A code, only in the step that asked for it.
  {
    method: 'POST',
    path: '/auth/otp/resend',
    answers: waiting('200', ['login', 'registration', 'reset', 'step-up', 'e-mail']),
  },
  {
    method: 'POST',
    path: '/auth/verify-otp',
    body: { otp },
    answers: waiting('401 otp_invalid', ['login', 'registration', 'step-up']),
  },
  {
    method: 'POST',
    path: '/auth/password/reset',
    body: { otp, newPassword: password },
    answers: waiting('401 otp_invalid', ['reset']),
  },
  {
    method: 'POST',
    path: '/auth/email/confirm',
    body: { otp },
    answers: { ...verified(notPending), 'e-mail': '401 otp_invalid' },
  },

  // Both doors.
  { method: 'POST', path: '/auth/token', answers: verified('200') },
  { method: 'POST', path: '/auth/step-up', answers: verified('200') },
  {
    method: 'POST',
    path: '/auth/password/change',
    body: { currentPassword: 'not the password', newPassword: password },
    answers: verified('401 invalid_credentials'),
  },
  { method: 'GET', path: '/auth/sessions', answers: verified('200') },
  { method: 'DELETE', path: '/auth/sessions', answers: verified('204') },
  {
    method: 'DELETE',
    path: '/auth/sessions/:id',
    id: 'ses_AAAAAAAAAAAAAAAAAAAAAA',
    answers: verified('404 not_found'),
  },
  { method: 'GET', path: '/auth/devices', answers: verified('200') },
  { method: 'DELETE', path: '/auth/devices', answers: verified('204') },
  {
    method: 'POST',
    path: '/auth/devices/:id',
    id: 'dev_AAAAAAAAAAAAAAAAAAAAAA',
    body: { name: 'mine' },
    answers: verified('404 not_found'),
  },
  {
    method: 'DELETE',
    path: '/auth/devices/:id',
    id: 'dev_AAAAAAAAAAAAAAAAAAAAAA',
    answers: verified('404 not_found'),
  },

  // Both doors, and lately.
  {
    method: 'POST',
    path: '/auth/email/change',
    body: { newEmail: email },
    answers: verified('200', '403 reauth_required'),
  },
  { method: 'GET', path: '/auth/account/export', answers: verified('200', '403 reauth_required') },
  { method: 'DELETE', path: '/auth/account', answers: verified('204', '403 reauth_required') },

  // An access token; the cookie opens nothing here.
  { method: 'GET', path: '/auth/protected', answers: everywhere('403 bearer_missing') },
  { method: 'GET', path: '/auth/check', answers: everywhere('401 token_invalid') },

  // No session at all: services with a secret of their own, and news for everybody.
  { method: 'POST', path: '/auth/introspect', answers: everywhere('401 client_invalid') },
  { method: 'POST', path: '/auth/revoke', answers: everywhere('401 client_invalid') },
  { method: 'GET', path: '/auth/revocations', answers: everywhere('200') },
]

/** docs/state-matrix.md */
export function renderStateMatrix(): string {
  const names = Object.keys(stages) as Stage[]
  const rows = stateMatrix.map(
    ({ method, path, answers }) =>
      `| \`${method} ${path}\` | ${names.map((stage) => cell(answers[stage])).join(' | ')} |`,
  )
  return `<!-- Made from scripts/write-docs-state-matrix.ts by scripts/write-docs.ts. -->

# Every route in every stage of a session

A test asks a server for each cell of this table. The bodies are well-formed, and the codes and passwords in them are wrong: \`401
otp_invalid\` and \`401 invalid_credentials\` mean that the session was let in and the secret was compared. Everything else was refused
before anything was looked at.

| Stage | Means |
|---|---|
${names.map((stage) => `| ${stage} | ${stages[stage]} |`).join('\n')}

| Request | ${names.join(' | ')} |
|---|${names.map(() => '---|').join('')}
${rows.join('\n')}
`
}

/** What goes through stands out. */
function cell(answer: string): string {
  const [status, code] = answer.split(' ')
  return code === undefined ? `**${status}**` : `${status} ${code}`
}
