/** The app of bare-express.ts behind a guard, as a process of its own: `guarded-express.ts port guard issuer`. */
import express from 'express'
import { guardNamed } from './support/guards.ts'

const [port, name, issuer = ''] = process.argv.slice(2)
const app = express()
const user = { id: 'acc_AAAAAAAAAAAAAAAAAAAAAA', email: 'user1@bench.example' }
const guard = await guardNamed(name)(issuer)
app.get('/up', (_req, res) => {
  res.end()
})
app.get('/', guard, (_req, res) => {
  res.json({ message: 'Protected route accessed', user })
})
app.listen(Number(port), '127.0.0.1')
