import { wrongClientOf } from '../middleware/client-credentials.ts'
import type { Exchange } from '../middleware/exchange.ts'
import type { RouteLimit } from '../middleware/rate-limit.ts'
import { canonicalEmail } from '../utils/email.ts'
import { limitKeyOf, wideLimitKeyOf } from '../utils/network-address.ts'

const network = ({ visit }: Exchange) => limitKeyOf(visit.address)
const wideNetwork = ({ visit }: Exchange) => wideLimitKeyOf(visit.address)
const addressOf = (body: unknown) => canonicalEmail((body as { email: string }).email) ?? 'malformed'
const mailAddressOf = (body: unknown) => {
  const { email, newEmail } = body as { email?: string; newEmail?: string }
  return canonicalEmail(email ?? newEmail ?? '') ?? 'malformed'
}
const accountOf = ({ session }: Exchange) => (session.stage === 'verified' ? session.accountId : undefined)

/** The name under which this browser is known to the address that it logs in to. */
const knownBrowser = ({ visit }: Exchange, body: unknown) => visit.browser.knownAs(addressOf(body))

/**
 * Every limit there is (ASVS 2.4.1, 6.1.1); docs/operations.md lists them. A network is an IPv4 address or an IPv6 /64, a wide one
 * an IPv4 /24 or an IPv6 /48. Tries of a code and of an address's password are not limited here but counted in the store
 * (utils/code-budget.ts, utils/password-budget.ts, utils/mail-budget.ts).
 */
export const limits = {
  /** Wrong logins from one network: password spraying. */
  login: { rule: { name: 'login', points: 60, windowSeconds: 60 }, keyOf: network, failuresOnly: true },
  /** The same from a wide network: many addresses of one hoster. */
  loginOfWideNetwork: {
    rule: { name: 'login-wide', points: 300, windowSeconds: 60 },
    keyOf: wideNetwork,
    failuresOnly: true,
  },
  /** Different e-mail addresses that were tried in vain from one network. */
  loginSpread: {
    rule: { name: 'login-spread', points: 100, windowSeconds: 900 },
    keyOf: network,
    distinct: addressOf,
    failuresOnly: true,
  },
  /** Wrong logins for one e-mail address, known or not, from one network: guessing. */
  loginOfAccount: {
    rule: { name: 'login-account', points: 10, windowSeconds: 900 },
    keyOf: (exchange, body) =>
      knownBrowser(exchange, body) === undefined ? `${network(exchange)}|${addressOf(body)}` : undefined,
    failuresOnly: true,
  },
  /** The same from a browser that has logged in to it before, wherever it comes from. */
  loginOfBrowser: {
    rule: { name: 'login-browser', points: 10, windowSeconds: 900 },
    keyOf: (exchange, body) => knownBrowser(exchange, body),
    failuresOnly: true,
  },
  /** Logins in a trusted device, right ones too: each opens a session and costs a hash. */
  loginTrusted: {
    rule: { name: 'login-trusted', points: 30, windowSeconds: 900 },
    keyOf: ({ visit }) => visit.browser.trustedSecret,
  },
  verifyOtp: {
    rule: { name: 'verify-otp', points: 120, windowSeconds: 60 },
    keyOf: network,
    failuresOnly: true,
  },
  resend: { rule: { name: 'otp-resend', points: 30, windowSeconds: 60 }, keyOf: network },
  /** Mails that a network can cause without an account: registrations, resets, changes of address. */
  mail: { rule: { name: 'mail', points: 30, windowSeconds: 600 }, keyOf: network },
  mailOfWideNetwork: { rule: { name: 'mail-wide', points: 150, windowSeconds: 600 }, keyOf: wideNetwork },
  /** The same to one e-mail address, so that one network can't use up what an address is sent. */
  mailOfAddress: {
    rule: { name: 'mail-address', points: 6, windowSeconds: 3_600 },
    keyOf: (exchange, body) => `${network(exchange)}|${mailAddressOf(body)}`,
  },
  passwordChange: {
    rule: { name: 'password-change', points: 20, windowSeconds: 86_400 },
    keyOf: accountOf,
  },
  currentPassword: {
    rule: { name: 'current-password', points: 10, windowSeconds: 900 },
    keyOf: accountOf,
    failuresOnly: true,
  },
  mailedCode: {
    rule: { name: 'mailed-code', points: 30, windowSeconds: 60 },
    keyOf: network,
    failuresOnly: true,
  },
  deviceName: { rule: { name: 'device-name', points: 30, windowSeconds: 60 }, keyOf: network },
  export: { rule: { name: 'export', points: 10, windowSeconds: 60 }, keyOf: accountOf },
  token: { rule: { name: 'token', points: 600, windowSeconds: 60 }, keyOf: network },
  refresh: { rule: { name: 'refresh', points: 120, windowSeconds: 60 }, keyOf: network, failuresOnly: true },
  /** Wrong secrets of services. The right one is never counted, and so never kept out. */
  client: {
    rule: { name: 'client', points: 60, windowSeconds: 60 },
    keyOf: (exchange, form) => (wrongClientOf(exchange, form) === undefined ? undefined : network(exchange)),
  },
  /** The same for one id, from everywhere. */
  clientId: {
    rule: { name: 'client-id', points: 300, windowSeconds: 60 },
    keyOf: (exchange, form) => wrongClientOf(exchange, form) || undefined,
  },
} as const satisfies Record<string, RouteLimit>

/** Of every request that mails to an address that somebody names. */
export const mailLimits: RouteLimit[] = [limits.mail, limits.mailOfWideNetwork, limits.mailOfAddress]
