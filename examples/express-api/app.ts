/** An API of its own, on a port of its own, for whoever signed in at Sallyport. */
import express, { type NextFunction, type Request, type Response } from 'express'
// In your own project: from '@sallyport/verify'.
import { authOf, requireToken } from '../../verify/src/index.ts'

const {
  ISSUER = 'http://localhost:5000',
  AUDIENCE = ISSUER,
  PAGE_ORIGIN = 'http://localhost:5173',
  PORT = '5002',
} = process.env

/** Keys are found by the issuer's address. With the feed a token dies here within two seconds of the logout there. */
const anybody = { issuer: ISSUER, audience: AUDIENCE, liveness: 'feed' } as const

const app = express()
app.disable('x-powered-by')
app.use('/api', allowPage)

app.get('/api/me', requireToken(anybody), (req, res) => {
  const { sub, amr } = authOf(req)
  res.json({ account: sub, amr })
})

// What is dear: the login must have used a code, and may not be older than ten minutes.
app.get('/api/vault', requireToken({ ...anybody, amr: ['otp'], maxAge: '10m' }), (_req, res) => {
  res.json({ gold: 7 })
})

// For accounts with this claim: `npx sallyport user claims <email> --set role=admin`.
app.get('/api/admin', requireToken({ ...anybody, claims: { role: 'admin' } }), (_req, res) => {
  res.json({ secrets: [] })
})

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`The API is at http://localhost:${PORT}/api/me`)
})

process.on('SIGTERM', () => {
  server.close()
  server.closeIdleConnections()
})

/** One page of another origin may call. It brings its token itself, so no cookies are allowed for (CORS). */
function allowPage(req: Request, res: Response, next: NextFunction): void {
  res.vary('Origin')
  if (req.headers.origin === PAGE_ORIGIN) {
    res.set({
      'Access-Control-Allow-Origin': PAGE_ORIGIN,
      'Access-Control-Allow-Headers': 'Authorization, Content-Type, X-Flow-Id',
      'Access-Control-Expose-Headers': 'WWW-Authenticate, Retry-After, X-Flow-Id',
      'Access-Control-Max-Age': '600',
    })
  }
  if (req.method === 'OPTIONS') res.status(204).end()
  else next()
}
