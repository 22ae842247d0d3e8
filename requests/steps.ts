/** The requests of the brief, once. scripts/write-requests.ts makes the collections of this folder from them. */
export type Step = {
  id: string
  name: string
  says: string
  method: 'GET' | 'POST'
  /** `{{name}}` stands for a variable, here and in the body. */
  path: string
  body?: Record<string, string>
  /** The variable that holds the token for `Authorization: Bearer`. */
  bearer?: 'accessToken'
  /** A member of the answer that a later step needs, under the name of its variable. */
  keeps?: { member: string; as: keyof typeof variables }
  expects: { status: number; members: Record<string, string> }
}

/** With the values that they have before anything was sent. */
export const variables = {
  baseUrl: 'http://localhost:5000',
  email: 'test@test.com',
  password: '123456',
  otp: '',
  accessToken: '',
}

export const steps: Step[] = [
  {
    id: 'login',
    name: '1. Login',
    says: 'Checks the password, opens a session (a cookie) and sends a code. The server console shows it: Generated OTP: 839201.',
    method: 'POST',
    path: '/auth/login',
    body: { email: '{{email}}', password: '{{password}}' },
    expects: { status: 200, members: { message: 'OTP sent', next: 'verify-otp' } },
  },
  {
    id: 'inbox',
    name: '1a. Read the code (development)',
    says: 'Takes the code from the development inbox. Or put the code of the console into the next request yourself.',
    method: 'GET',
    path: '/_dev/inbox/latest?to={{email}}&wait=4s',
    keeps: { member: 'code', as: 'otp' },
    expects: { status: 200, members: { to: '{{email}}' } },
  },
  {
    id: 'verify',
    name: '2. Verify OTP',
    says: 'Verifies the code. The session cookie of the login has to come along, so use the same client.',
    method: 'POST',
    path: '/auth/verify-otp',
    body: { otp: '{{otp}}' },
    expects: { status: 200, members: { message: 'OTP verified successfully', next: 'token' } },
  },
  {
    id: 'token',
    name: '3. Exchange session for JWT',
    says: 'Exchanges the verified session for an access token.',
    method: 'POST',
    path: '/auth/token',
    keeps: { member: 'accessToken', as: 'accessToken' },
    expects: { status: 200, members: { tokenType: 'Bearer' } },
  },
  {
    id: 'protected',
    name: '4. Access a protected route',
    says: 'Opens with the token alone. Without the header it is 403 bearer_missing.',
    method: 'GET',
    path: '/auth/protected',
    bearer: 'accessToken',
    expects: { status: 200, members: { message: 'Protected route accessed' } },
  },
  {
    id: 'wrongMethod',
    name: 'GET instead of POST',
    says: 'The most frequent mistake: 404 wrong_method. The Allow header names the right method.',
    method: 'GET',
    path: '/auth/login',
    expects: { status: 404, members: { code: 'wrong_method' } },
  },
]
