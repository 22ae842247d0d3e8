import { askForEmailChange, confirmEmailChange, undoEmailChange } from '../flow/change-email.ts'
import { deleteOwnAccount, exportAccount } from '../flow/own-account.ts'
import { stepUp } from '../flow/step-up.ts'
import { allowAnyone } from '../middleware/auth.middleware.ts'
import {
  requireEmailChange,
  requireRecentVerification,
  requireVerifiedSession,
} from '../middleware/session-guards.ts'
import { codeSent } from './code-sent.ts'
import { limits, mailLimits } from './limits.ts'
import { type Route, route } from './route.ts'
import {
  accountExportShape,
  changeEmailBody,
  codeShape,
  confirmEmailBody,
  emailChangedShape,
  emailChangeShape,
  emptyBody,
  nextShape,
  undoEmailBody,
} from './shapes.ts'

/** What the owner of an account does with it, beyond its password. */
export const accountRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/auth/step-up',
    summary: 'Send a code to a verified session, for acts that need a recent one',
    guard: requireVerifiedSession,
    limits: [limits.resend],
    body: emptyBody,
    bodyOptional: true,
    answers: { status: 200, description: 'The code is on its way', shape: codeShape },
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
    async handle({ exchange, visit, caller, body, cookie }) {
      const { web, req, res } = exchange
      const confirmed = await confirmEmailChange(web.gate, visit, caller, body.otp)
      const { email } = confirmed.session
      web.browserCookies.dropTrusted(req, res)
      web.browserCookies.remember(req, res, email)
      cookie.adopt(confirmed.sessionSecret, confirmed.session)
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
    refuses: ['mailed_code_invalid', 'email_taken', 'service_unavailable'],
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
      exchange.web.browserCookies.dropTrusted(exchange.req, exchange.res)
      cookie.drop()
      return { status: 204 }
    },
  }),
]
