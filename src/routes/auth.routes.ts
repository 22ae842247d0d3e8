import { issueToken } from '../flow/issue-token.ts'
import { logIn } from '../flow/log-in.ts'
import { resendCode } from '../flow/resend-code.ts'
import { rotateRefresh } from '../flow/rotate-refresh.ts'
import { describeSession } from '../flow/session-view.ts'
import { logOut } from '../flow/sessions.ts'
import { verifyOtp } from '../flow/verify-otp.ts'
import {
  allowAnyone,
  allowAnySession,
  requireAccessToken,
  requireAccessTokenOr401,
} from '../middleware/auth.middleware.ts'
import {
  requireOpenChallenge,
  requirePendingSession,
  requireVerifiedSession,
} from '../middleware/session-guards.ts'
import { createFlowId } from '../utils/flow-id.ts'
import { codeSent } from './code-sent.ts'
import { limits } from './limits.ts'
import { type Route, route } from './route.ts'
import {
  loginBody,
  loginShape,
  messageShape,
  protectedShape,
  refreshBody,
  resendShape,
  sessionShape,
  tokenBody,
  tokenShape,
  verifiedShape,
  verifyBody,
} from './shapes.ts'

/** The brief's four steps, and what belongs to them. */
export const authRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/auth/login',
    summary: 'Check the password, open a session and send a code',
    guard: allowAnySession,
    limits: [
      limits.login,
      limits.loginOfWideNetwork,
      limits.loginOfAccount,
      limits.loginOfBrowser,
      limits.loginSpread,
      limits.loginTrusted,
    ],
    body: loginBody,
    answers: {
      status: 200,
      description: 'The code is on its way; in a trusted device the session is verified at once',
      shape: loginShape,
    },
    refuses: ['invalid_credentials', 'otp_locked', 'service_unavailable'],
    async handle({ exchange, visit, caller, body, cookie }) {
      // Each login is a flow of its own, whatever session the browser had before.
      if (caller.stage !== 'anonymous') visit.flowId = createFlowId()
      const { web, req, res } = exchange
      const { sessionSecret, session, otp } = await logIn(web.gate, visit, body, caller)
      if (!otp) web.browserCookies.remember(req, res, session.email ?? '')
      cookie.adopt(sessionSecret, session)
      if (otp) return { status: 200, body: codeSent(session, otp, 'verify-otp') }
      return { status: 200, body: { message: 'Logged in', sessionId: session.sessionId, next: 'token' } }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/otp/resend',
    summary: 'Send the same code again',
    guard: requireOpenChallenge,
    limits: [limits.resend],
    answers: { status: 200, description: 'The code is on its way again', shape: resendShape },
    refuses: ['otp_resend_too_soon', 'otp_expired', 'otp_attempts_exhausted', 'otp_locked'],
    async handle({ exchange, visit, caller }) {
      return {
        status: 200,
        body: { message: 'OTP sent', otp: await resendCode(exchange.web.gate, visit, caller) },
      }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/verify-otp',
    summary: 'Verify the code; the session goes on under a new id',
    guard: requirePendingSession,
    limits: [limits.verifyOtp],
    body: verifyBody,
    answers: { status: 200, description: 'The session is verified', shape: verifiedShape },
    refuses: ['otp_invalid', 'otp_expired', 'otp_attempts_exhausted', 'otp_locked', 'mailed_code_invalid'],
    async handle({ exchange, visit, caller, body, cookie }) {
      const { web, req, res } = exchange
      const wanted = { code: body.otp, trustDevice: body.trustDevice === true }
      const { sessionSecret, session, trustedSecret } = await verifyOtp(web.gate, visit, caller, wanted)
      web.browserCookies.remember(req, res, session.email)
      if (trustedSecret !== undefined) web.browserCookies.keepTrusted(res, trustedSecret)
      cookie.adopt(sessionSecret, session)
      const trusted = wanted.trustDevice ? { deviceTrusted: trustedSecret !== undefined } : {}
      return { status: 200, body: { message: 'OTP verified successfully', next: 'token', ...trusted } }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/token',
    summary: 'Exchange the verified session for an access token',
    guard: requireVerifiedSession,
    limits: [limits.token],
    body: tokenBody,
    bodyOptional: true,
    answers: {
      status: 200,
      description: 'An access token, and a refresh token when asked for',
      shape: tokenShape,
    },
    async handle({ exchange, visit, caller, body }) {
      return {
        status: 200,
        body: await issueToken(exchange.web.gate, visit, caller, { refresh: body.refresh === true }),
      }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/refresh',
    summary: 'Exchange a refresh token for a new access token and its successor',
    guard: allowAnyone,
    limits: [limits.refresh],
    body: refreshBody,
    answers: { status: 200, description: 'Both tokens', shape: tokenShape },
    refuses: ['refresh_invalid', 'refresh_reused', 'service_unavailable'],
    async handle({ exchange, visit, body }) {
      return { status: 200, body: await rotateRefresh(exchange.web.gate, visit, body.refreshToken) }
    },
  }),
  route({
    method: 'GET',
    path: '/auth/protected',
    summary: 'A protected route, as an API of yours would have it',
    guard: requireAccessToken,
    answers: { status: 200, description: 'The token is good', shape: protectedShape },
    handle: ({ caller }) => ({
      status: 200,
      body: { message: 'Protected route accessed', user: { id: caller.accountId, email: caller.email } },
    }),
  }),
  route({
    method: 'GET',
    path: '/auth/check',
    summary: 'The same check for reverse proxies (nginx auth_request, Traefik ForwardAuth)',
    guard: requireAccessTokenOr401,
    answers: {
      status: 204,
      description: 'The token is good; X-Auth-Sub, X-Auth-Sid and X-Auth-Amr say whose it is',
    },
    handle: ({ caller }) => ({
      status: 204,
      headers: {
        'X-Auth-Sub': caller.accountId,
        'X-Auth-Sid': caller.sessionId,
        'X-Auth-Amr': caller.amr.join(' '),
      },
    }),
  }),
  route({
    method: 'GET',
    path: '/auth/session',
    summary: 'What the session of this browser is',
    guard: allowAnySession,
    answers: { status: 200, description: 'The stage of the session', shape: sessionShape },
    handle: ({ caller }) => ({ status: 200, body: describeSession(caller) }),
  }),
  route({
    method: 'POST',
    path: '/auth/logout',
    summary: 'End the session, its refresh tokens and its cookie',
    guard: allowAnySession,
    answers: {
      status: 200,
      description: 'Logged out',
      shape: messageShape,
    },
    refuses: ['token_invalid', 'token_expired', 'service_unavailable'],
    async handle({ exchange, visit, caller, cookie }) {
      // One that ran into its idle limit may still have a refresh token that is good: it ends too.
      if (caller.stage !== 'anonymous') {
        await logOut(exchange.web.gate, visit, { accountId: caller.accountId, sessionId: caller.sessionId })
      } else if (exchange.req.headers.authorization !== undefined) {
        // A client without cookies logs out with its access token.
        await logOut(exchange.web.gate, visit, await requireAccessToken.admit(exchange))
      }
      cookie.drop()
      return { status: 200, body: { message: 'Logged out' }, headers: { 'Clear-Site-Data': '"cache"' } }
    },
  }),
]
