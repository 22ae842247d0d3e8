import { askForEmailChange, confirmEmailChange, undoEmailChange } from '../flow/change-email.ts'
import { changePassword } from '../flow/change-password.ts'
import { forgotPassword } from '../flow/forgot-password.ts'
import { deleteOwnAccount, exportAccount } from '../flow/own-account.ts'
import { register } from '../flow/register.ts'
import { resetPassword } from '../flow/reset-password.ts'
import { stepUp } from '../flow/step-up.ts'
import { allowAnyone, allowAnySession } from '../middleware/auth.middleware.ts'
import {
  requireEmailChange,
  requireRecentVerification,
  requireResetSession,
  requireVerifiedSession,
} from '../middleware/session-guards.ts'
import { createFlowId } from '../utils/flow-id.ts'
import { codeSent } from './code-sent.ts'
import { limits } from './limits.ts'
import { type Route, route } from './route.ts'
import {
  accountExportShape,
  changeEmailBody,
  changePasswordBody,
  confirmEmailBody,
  emailChangedShape,
  emailChangeShape,
  emptyBody,
  forgotBody,
  forgotShape,
  nextShape,
  registerBody,
  registerShape,
  resetBody,
  stepUpShape,
  undoEmailBody,
} from './shapes.ts'

const mailLimits = [limits.mail, limits.mailOfWideNetwork]

/** How an account begins, is recovered, changes and ends. */
export const accountRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/auth/register',
    summary: 'Ask for an account; it exists once the code is verified',
    guard: allowAnySession,
    limits: mailLimits,
    body: registerBody,
    answers: { status: 200, description: 'A mail is on its way', shape: registerShape },
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
      cookie.drop()
      web.browserCookies.dropTrusted(res)
      // Whoever read the mailbox is no stranger to the account, whatever strangers are doing to it (D5).
      web.browserCookies.remember(req, res, email)
      return { status: 200, body: { message: 'Password changed', next: 'login' } }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/password/change',
    summary: 'Change the password; the session goes on under a new id, everything else ends',
    guard: requireVerifiedSession,
    limits: [limits.currentPassword],
    body: changePasswordBody,
    answers: { status: 200, description: 'The password is changed', shape: nextShape },
    refuses: ['invalid_credentials', 'password_rejected', 'service_unavailable'],
    async handle({ exchange, visit, caller, body, cookie }) {
      const { sessionSecret, session } = await changePassword(exchange.web.gate, visit, caller, body)
      cookie.adopt(sessionSecret, session)
      exchange.web.browserCookies.dropTrusted(exchange.res)
      return { status: 200, body: { message: 'Password changed', next: 'token' } }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/step-up',
    summary: 'Send a code to a verified session, for acts that need a recent one',
    guard: requireVerifiedSession,
    limits: [limits.resend],
    body: emptyBody,
    bodyOptional: true,
    answers: { status: 200, description: 'The code is on its way', shape: stepUpShape },
    refuses: ['otp_locked'],
    async handle({ exchange, visit, caller }) {
      const otp = await stepUp(exchange.web.gate, visit, caller)
      return { status: 200, body: codeSent(caller, otp, 'verify-otp') }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/email/change',
    summary: 'Ask for another e-mail address; its mailbox gets a code',
    guard: requireRecentVerification,
    limits: mailLimits,
    body: changeEmailBody,
    answers: { status: 200, description: 'A mail is on its way', shape: emailChangeShape },
    async handle({ exchange, visit, caller, body }) {
      const otp = await askForEmailChange(exchange.web.gate, visit, caller, body)
      return { status: 200, body: codeSent(caller, otp, 'email/confirm') }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/email/confirm',
    summary: 'Verify the code of the new address; it takes the place of the old one',
    guard: requireEmailChange,
    limits: [limits.verifyOtp],
    body: confirmEmailBody,
    answers: { status: 200, description: 'The address is changed', shape: emailChangedShape },
    refuses: ['otp_invalid', 'otp_expired', 'otp_attempts_exhausted', 'otp_locked', 'email_taken'],
    async handle({ exchange, visit, caller, body }) {
      const { web, req, res } = exchange
      const { email } = await confirmEmailChange(web.gate, visit, caller, body.otp)
      web.browserCookies.dropTrusted(res)
      web.browserCookies.remember(req, res, email)
      return { status: 200, body: { message: 'E-mail changed', user: { id: caller.accountId, email } } }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/email/undo',
    summary: 'Give the account back to its old address, with the code from there',
    guard: allowAnyone,
    limits: [limits.mailedCode],
    body: undoEmailBody,
    answers: {
      status: 200,
      description: 'Everything of the account has ended; reset the password next',
      shape: nextShape,
    },
    refuses: ['mailed_code_invalid', 'service_unavailable'],
    async handle({ exchange, visit, body }) {
      await undoEmailChange(exchange.web.gate, visit, body.code)
      return { status: 200, body: { message: 'E-mail restored', next: 'password/forgot' } }
    },
  }),
  route({
    method: 'GET',
    path: '/auth/account/export',
    summary: 'Everything that is stored about this account',
    guard: requireRecentVerification,
    limits: [limits.export],
    answers: { status: 200, description: 'The account as JSON', shape: accountExportShape },
    async handle({ exchange, caller }) {
      const headers = { 'Content-Disposition': 'attachment; filename="account.json"' }
      return { status: 200, body: await exportAccount(exchange.web.gate, caller), headers }
    },
  }),
  route({
    method: 'DELETE',
    path: '/auth/account',
    summary: 'Delete this account and everything of it',
    guard: requireRecentVerification,
    answers: { status: 204, description: 'There is no such account any more' },
    async handle({ exchange, visit, caller, cookie }) {
      await deleteOwnAccount(exchange.web.gate, visit, caller)
      cookie.drop()
      exchange.web.browserCookies.dropTrusted(exchange.res)
      return { status: 204 }
    },
  }),
]
