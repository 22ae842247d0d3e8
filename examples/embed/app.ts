/** Somebody's own Express app, with what such an app has already, and Sallyport in it. */
import express from 'express'
import session from 'express-session'
// In your own project: from 'sallyport'.
import { createSallyport, readSettings } from '../../src/index.ts'

const { settings } = readSettings(process.env, 'development')
const auth = await createSallyport(settings)

const app = express()
app.set('trust proxy', 1)
app.use(express.json())
app.use(session({ secret: 'the secret of this shop', resave: false, saveUninitialized: true }))
app.use(auth.router)

// The shop's own session, which knows nothing of the login.
app.get('/basket', (req, res) => {
  const shop = req.session as typeof req.session & { visits?: number }
  shop.visits = (shop.visits ?? 0) + 1
  res.json({ visits: shop.visits })
})

// For whoever has an access token.
app.get('/api/me', auth.requireAccessToken, (req, res) => {
  res.json({ account: req.auth?.accountId, email: req.auth?.email })
})

// For a browser whose session is verified.
app.get('/whoami', auth.requireSession, (req, res) => {
  res.type('text/plain').send(`You are ${req.auth?.email}`)
})

const server = app.listen(settings.port, settings.host, () =>
  console.log(`The shop is at ${settings.publicUrl}`),
)

process.on('SIGTERM', () => {
  server.close(() => auth.close())
  server.closeIdleConnections()
})
