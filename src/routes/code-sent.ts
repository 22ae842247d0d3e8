import type { OtpView } from '../flow/otp-view.ts'

/** The answer of every request that sends a code. */
export function codeSent({ sessionId }: { sessionId: string }, otp: OtpView, next: string) {
  return { message: 'OTP sent', sessionId, next, methods: ['email'], otp }
}
