/** A bare Express app that answers a constant, as a process of its own: what contract 8 holds our routes against. */
import express from 'express'

const app = express()
const user = { id: 'acc_AAAAAAAAAAAAAAAAAAAAAA', email: 'user1@bench.example' }
app.get('/', (_req, res) => {
  res.json({ message: 'Protected route accessed', user })
})
app.listen(Number(process.argv[2]), '127.0.0.1')
