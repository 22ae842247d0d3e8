import { securityHeaders } from '../middleware/security-headers.ts'

/** Of everything under /_dev: what every answer has, which is no CORS, no framing and no storing. */
export const dataHeaders: Record<string, string> = securityHeaders(false)

/** Its own files and nothing else: no inline script or style, no other host. */
export const pageHeaders: Record<string, string> = {
  ...dataHeaders,
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  Vary: 'Accept',
}

/** A mail as its reader sees it, in a frame of our page that can do nothing. */
export const mailHeaders: Record<string, string> = {
  ...dataHeaders,
  'Content-Security-Policy':
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
  'X-Frame-Options': 'SAMEORIGIN',
}
