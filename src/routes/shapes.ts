import { z } from 'zod'

/** The shapes of bodies and answers, for validation and for the API description. */
const email = z.string().min(3).max(254)
// Contract: passwords have 8 to 256 characters; what is checked at a login may be anything that once was one.
const password = z.string().min(1).max(1_024)

/** Where strangers used up the tries of an address, its mails carry a long code. */
const otp = z
  .string()
  .regex(/^(\d{4,9}|[0-9A-Za-z][0-9A-Za-z -]{24,39})$/, 'must be a string of digits, with its leading zeros')
/** The code of an invitation, or the one that undoes a change of address. */
const mailedCode = z.string().min(1).max(64)

export const loginBody = z.object({ email, password })
export const registerBody = z.object({ email, password, invitation: mailedCode.optional() })
export const verifyBody = z.object({
  otp,
  method: z.literal('email').optional(),
  trustDevice: z.boolean().optional(),
})
export const forgotBody = z.object({ email })
export const resetBody = z.object({ otp, newPassword: password })
export const changePasswordBody = z.object({ currentPassword: password, newPassword: password })
export const emptyBody = z.object({})
export const changeEmailBody = z.object({ newEmail: email })
export const confirmEmailBody = z.object({ otp })
export const undoEmailBody = z.object({ code: mailedCode })
export const deviceBody = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, 'must be one line of text'),
})
export const tokenBody = z.object({ refresh: z.boolean().optional() })
/** A form; the guard reads the members that say whose it is. */
export const clientTokenForm = z.object({
  token: z.string().min(1),
  token_type_hint: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
})
export const refreshBody = z.object({ refreshToken: z.string().min(1).max(512) })

const otpShape = z.object({
  channel: z.literal('email'),
  destination: z.string(),
  length: z.int(),
  expiresIn: z.int(),
  resendIn: z.int(),
  attemptsLeft: z.int(),
})
const codeSent = {
  message: z.literal('OTP sent'),
  sessionId: z.string(),
  methods: z.array(z.literal('email')),
  otp: otpShape,
}
/** Of a registration and of a step-up. */
export const codeShape = z.object({ ...codeSent, next: z.literal('verify-otp') })
export const forgotShape = z.object({ ...codeSent, next: z.literal('password/reset') })
export const loginShape = z.union([
  codeShape,
  z.object({ message: z.literal('Logged in'), sessionId: z.string(), next: z.literal('token') }),
])
export const emailChangeShape = z.object({ ...codeSent, next: z.literal('email/confirm') })
export const resendShape = z.object({ message: z.literal('OTP sent'), otp: otpShape })
export const verifiedShape = z.object({
  message: z.literal('OTP verified successfully'),
  next: z.literal('token'),
  deviceTrusted: z.boolean().optional(),
})
export const nextShape = z.object({ message: z.string(), next: z.string() })
export const emailChangedShape = z.object({
  message: z.string(),
  user: z.object({ id: z.string(), email: z.string() }),
})
export const tokenShape = z.object({
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int(),
  refreshToken: z.string().optional(),
  refreshExpiresIn: z.int().optional(),
})
/** The account's own claims stand beside these. */
export const introspectionShape = z.looseObject({
  active: z.boolean(),
  token_type: z.enum(['Bearer', 'refresh_token']).optional(),
  iss: z.string().optional(),
  aud: z.string().optional(),
  sub: z.string().optional(),
  sid: z.string().optional(),
  jti: z.string().optional(),
  client_id: z.string().optional(),
  iat: z.int().optional(),
  exp: z.int().optional(),
  auth_time: z.int().optional(),
  amr: z.array(z.string()).optional(),
})
const userShape = z.object({ id: z.string(), email: z.string() })
export const protectedShape = z.object({ message: z.literal('Protected route accessed'), user: userShape })
export const messageShape = z.object({ message: z.string() })
export const sessionShape = z.object({
  stage: z.enum(['anonymous', 'otp_pending', 'verified']),
  sessionId: z.string().optional(),
  user: userShape.optional(),
  expiresAt: z.iso.datetime().optional(),
  endedBecause: z.string().optional(),
  endedAt: z.iso.datetime().optional(),
  endedFrom: z.string().optional(),
})
export const sessionListShape = z.object({
  sessions: z.array(
    z.object({
      id: z.string(),
      device: z.string(),
      address: z.string(),
      createdAt: z.iso.datetime(),
      lastSeenAt: z.iso.datetime(),
      expiresAt: z.iso.datetime(),
      current: z.boolean(),
    }),
  ),
})

const place = { device: z.string(), address: z.string() }
const deviceShape = z.object({
  id: z.string(),
  name: z.string(),
  ...place,
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
})
export const deviceListShape = z.object({ devices: z.array(deviceShape) })
export const accountExportShape = z.object({
  account: z.object({
    ...userShape.shape,
    createdAt: z.iso.datetime(),
    language: z.string(),
    claims: z.record(z.string(), z.unknown()),
  }),
  sessions: sessionListShape.shape.sessions,
  trustedDevices: z.array(deviceShape),
  activity: z.array(
    z.object({
      at: z.iso.datetime(),
      type: z.string(),
      device: z.string().optional(),
      address: z.string().optional(),
      detail: z.record(z.string(), z.unknown()),
    }),
  ),
})
