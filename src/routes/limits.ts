import type { RouteLimit } from '../middleware/rate-limit.ts'
import { canonicalEmail } from '../utils/email.ts'

/**
 * Every limit there is (ASVS 2.4.1, 6.1.1); docs/operations.md lists them. An address means an IPv4 address or an IPv6 /64.
 * Tries of a code are not limited here but counted in the challenge and the account (utils/code-budget.ts).
 */
export const limits = {
  /** Wrong logins from one address: password spraying. */
  login: { rule: { name: 'login', points: 60, windowSeconds: 60 }, failuresOnly: true },
  /** Wrong logins for one e-mail address, known or not, from one network address: guessing. */
  loginOfAccount: {
    rule: { name: 'login-account', points: 10, windowSeconds: 900 },
    and: (body) => canonicalEmail((body as { email: string }).email) ?? 'malformed',
    failuresOnly: true,
  },
  verifyOtp: { rule: { name: 'verify-otp', points: 120, windowSeconds: 60 }, failuresOnly: true },
  resend: { rule: { name: 'otp-resend', points: 30, windowSeconds: 60 } },
  token: { rule: { name: 'token', points: 600, windowSeconds: 60 } },
  refresh: { rule: { name: 'refresh', points: 120, windowSeconds: 60 }, failuresOnly: true },
} as const satisfies Record<string, RouteLimit>
