/** The types of the published package: what they allow, what they refuse, and what they need. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { installVerify, typeErrors } from './installed.ts'

const withoutFrameworks = `
import { authOf, createVerifier, requireToken, verifyToken, type Auth, type VerifyOptions } from '@sallyport/verify'
import * as fastify from '@sallyport/verify/fastify'
import * as hono from '@sallyport/verify/hono'
import * as koa from '@sallyport/verify/koa'
import * as node from '@sallyport/verify/node'
import * as web from '@sallyport/verify/web'

const options: VerifyOptions = { issuer: 'https://auth.example.com', maxAge: '10m', clockTolerance: 5 }
const result = await verifyToken('x', options)
if (result.ok) {
  const auth: Auth = result.auth
  auth.sub satisfies string
  auth.exp satisfies number
  // @ts-expect-error a token has no address
  auth.email
  // @ts-expect-error a good token has no problem
  result.problem
} else {
  result.problem.status satisfies number
  // @ts-expect-error a refused token says nothing of who calls
  result.auth
  // @ts-expect-error no such code
  result.problem.code === 'forbidden'
}
authOf({}).claims satisfies Record<string, unknown>
const verifier = createVerifier(options)
requireToken({ verifier, onProblem: (problem, _req, res) => res.end(problem.body) })
node.requireToken({ verifier }, (_req, res, auth) => res.end(auth.sub))
node.optionalToken({ verifier }, (_req, res, auth) => {
  // @ts-expect-error there may be none
  res.end(auth.sub)
})
web.requireToken(options, (_request, auth, context: { params: string }) => Response.json(auth.sub + context.params))
fastify.requireToken(options); hono.requireToken(options); koa.requireToken(options)

// @ts-expect-error the issuer is missing
requireToken({ audience: 'x' })
// @ts-expect-error no such option
requireToken({ issuer: 'https://x.test', issuerBaseURL: 'https://x.test' })
// @ts-expect-error no such liveness
requireToken({ issuer: 'https://x.test', liveness: 'poll' })
// @ts-expect-error a list
requireToken({ issuer: 'https://x.test', amr: 'otp' })
// @ts-expect-error only 401 or 403
requireToken({ issuer: 'https://x.test', missingStatus: 404 })
// @ts-expect-error a claim is a value or a test
requireToken({ issuer: 'https://x.test', claims: { role: ['admin'] } })
`

const express = `
import { optionalToken, requireToken } from '@sallyport/verify'
import express, { Router } from 'express'

const app = express()
app.use(requireToken({ issuer: 'https://x.test' }))
app.use('/api', requireToken({ issuer: 'https://x.test', onProblem: (problem, _req, res) => void res.end(problem.body) }))
app.get('/a', requireToken({ issuer: 'https://x.test', amr: ['otp'] }), (req, res) => {
  req.auth?.sub satisfies string | undefined
  // @ts-expect-error it may be missing
  req.auth.sub
  // @ts-expect-error not a member
  req.auth?.accountId
  res.end()
})
Router().get('/b/:id', optionalToken({ issuer: 'https://x.test' }), (req, res) => void res.json([req.params.id, req.auth]))
`

const others = `
import { authOf, requireToken } from '@sallyport/verify/fastify'
import * as hono from '@sallyport/verify/hono'
import * as koa from '@sallyport/verify/koa'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'

const options = { issuer: 'https://x.test' }
const fastify = Fastify()
fastify.addHook('onRequest', requireToken(options))
fastify.get('/', { preHandler: requireToken({ ...options, onProblem: (_problem, _request, reply) => void reply.send('') }) }, (request) => authOf(request).sub)

const app = new Hono<{ Variables: hono.AuthVariables }>()
app.use(hono.requireToken(options))
app.get('/', hono.requireToken({ ...options, onProblem: (problem) => new Response(problem.body) }), (c) => {
  c.get('auth').sub satisfies string
  // @ts-expect-error no such variable
  c.get('user')
  return c.text('')
})
const plain = new Hono()
plain.use(hono.requireToken(options))

new Koa().use(koa.requireToken(options)).use(koa.optionalToken({ ...options, onProblem: (_problem, ctx) => { ctx.status = 418 } }))
`

describe('the types of @sallyport/verify', () => {
  it('need no framework, and no skipLibCheck', () => {
    const project = installVerify(['jose', '@types/node', 'undici-types'])
    assert.equal(typeErrors(project, { 'plain.ts': withoutFrameworks }), '')
  })

  it('know req.auth where Express is, and fit Fastify, Hono and Koa', () => {
    const project = installVerify('all')
    assert.equal(
      typeErrors(project, { 'frameworks-express.ts': express, 'frameworks-others.ts': others }),
      '',
    )
  })

  it('stand beside a library that has claimed req.auth', () => {
    const project = installVerify('all')
    const text = `import 'express-oauth2-jwt-bearer'
import { authOf, requireToken } from '@sallyport/verify'
import express from 'express'
express().get('/', requireToken({ issuer: 'https://x.test' }), (req, res) => void res.json(authOf(req).sub))
`
    assert.equal(typeErrors(project, { 'frameworks-beside.ts': text }), '')
  })
})
