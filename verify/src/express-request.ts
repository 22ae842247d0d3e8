import type { Auth } from './auth.ts'

declare global {
  namespace Express {
    interface Request {
      /** What `requireToken` or `optionalToken` of @sallyport/verify found. */
      // biome-ignore lint/suspicious/noTsIgnore: an error only where another library has declared `auth` before; authOf(req) is typed there
      // @ts-ignore
      auth?: Auth
    }
  }
}
