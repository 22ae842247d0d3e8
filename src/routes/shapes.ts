import { z } from 'zod'

/** The shapes of bodies and answers, for validation and for the API description. */
const email = z.string().min(3).max(254)
// Contract: passwords have 8 to 256 characters; what is checked at a login may be anything that once was one.
const password = z.string().min(1).max(1_024)

export const loginBody = z.object({ email, password })
export const verifyBody = z.object({
  otp: z.string().regex(/^\d{4,9}$/, 'must be a string of digits, with its leading zeros'),
  method: z.literal('email').optional(),
})
export const tokenBody = z.object({ refresh: z.boolean().optional() })
export const refreshBody = z.object({ refreshToken: z.string().min(1).max(512) })

const otpShape = z.object({
  channel: z.literal('email'),
  destination: z.string(),
  length: z.int(),
  expiresIn: z.int(),
  resendIn: z.int(),
  attemptsLeft: z.int(),
})
export const loginShape = z.object({
  message: z.literal('OTP sent'),
  sessionId: z.string(),
  next: z.literal('verify-otp'),
  methods: z.array(z.literal('email')),
  otp: otpShape,
})
export const resendShape = z.object({ message: z.literal('OTP sent'), otp: otpShape })
export const verifiedShape = z.object({
  message: z.literal('OTP verified successfully'),
  next: z.literal('token'),
})
export const tokenShape = z.object({
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int(),
  refreshToken: z.string().optional(),
  refreshExpiresIn: z.int().optional(),
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
