import { changePassword } from '../flow/change-password.ts'
import { forgotPassword } from '../flow/forgot-password.ts'
import { register } from '../flow/register.ts'
import { resetPassword } from '../flow/reset-password.ts'
import { allowAnySession } from '../middleware/auth.middleware.ts'
import { requireResetSession, requireVerifiedSession } from '../middleware/session-guards.ts'
import { createFlowId } from '../utils/flow-id.ts'
import { codeSent } from './code-sent.ts'
import { limits, mailLimits } from './limits.ts'
import { type Route, route } from './route.ts'
import {
  changePasswordBody,
  codeShape,
  forgotBody,
  forgotShape,
  nextShape,
  registerBody,
  resetBody,
} from './shapes.ts'

/** How an account begins, and how its password is recovered and changed. */
export const passwordRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/auth/register',
    summary: 'Ask for an account; it exists once the code is verified',
    guard: allowAnySession,
    limits: mailLimits,
    body: registerBody,
    answers: { status: 200, description: 'A mail is on its way', shape: codeShape },
    refuses: ['password_rejected', 'registration_closed', 'mailed_code_invalid', 'service_unavailable'],
    async handle({ exchange, visit, caller, body, cookie }) {
      if (caller.stage !== 'anonymous') visit.flowId = createFlowId()
      const { sessionSecret, session, otp } = await register(exchange.web.gate, visit, body, caller)
      cookie.adopt(sessionSecret, session)
      return { status: 200, body: codeSent(session, otp, 'verify-otp') }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/password/forgot',
    summary: 'Ask for a code that resets the password',
    guard: allowAnySession,
    limits: mailLimits,
    body: forgotBody,
    answers: { status: 200, description: 'The same for every address', shape: forgotShape },
    refuses: ['service_unavailable'],
    async handle({ exchange, visit, caller, body, cookie }) {
      if (caller.stage !== 'anonymous') visit.flowId = createFlowId()
      const { sessionSecret, session, otp } = await forgotPassword(exchange.web.gate, visit, body, caller)
      cookie.adopt(sessionSecret, session)
      return { status: 200, body: codeSent(session, otp, 'password/reset') }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/password/reset',
    summary: 'Set a new password with the code; everything else of the account ends',
    guard: requireResetSession,
    limits: [limits.verifyOtp],
    body: resetBody,
    answers: { status: 200, description: 'Log in with the new password', shape: nextShape },
    refuses: ['otp_invalid', 'otp_expired', 'otp_attempts_exhausted', 'otp_locked', 'password_rejected'],
    async handle({ exchange, visit, caller, body, cookie }) {
      const { web, req, res } = exchange
      const input = { code: body.otp, newPassword: body.newPassword }
      const { email } = await resetPassword(web.gate, visit, caller, input)
      // Whoever read the mailbox is no stranger to the account, whatever strangers are doing to it (D5).
      web.browserCookies.remember(req, res, email)
      web.browserCookies.dropTrusted(req, res)
      // Last: of several cookies that are taken back, curl 7.88 forgets only the last one.
      cookie.drop()
      return { status: 200, body: { message: 'Password changed', next: 'login' } }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/password/change',
    summary: 'Change the password; the session goes on under a new id, everything else ends',
    guard: requireVerifiedSession,
    limits: [limits.currentPassword, limits.passwordChange],
    body: changePasswordBody,
    answers: { status: 200, description: 'The password is changed', shape: nextShape },
    refuses: ['invalid_credentials', 'password_rejected', 'service_unavailable'],
    async handle({ exchange, visit, caller, body, cookie }) {
      const { web, req, res } = exchange
      const { sessionSecret, session } = await changePassword(web.gate, visit, caller, body)
      web.browserCookies.dropTrusted(req, res)
      web.browserCookies.remember(req, res, session.email)
      cookie.adopt(sessionSecret, session)
      return { status: 200, body: { message: 'Password changed', next: 'token' } }
    },
  }),
]
