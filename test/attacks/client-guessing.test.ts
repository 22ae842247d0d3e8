/** Guessing the secret of a service: slowed down, told nothing, and no way to keep the service itself out (ASVS 6.1.1, 6.3.1). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memory } from '../support/engines.ts'
import { assertProblem, openGate } from '../support/gate.ts'
import { basic, otherSecret, serviceOf, serviceOver, withServices } from '../support/services-of-clients.ts'

const env = { ...withServices, RATE_LIMITS: 'on' }

describe('guessing the secret of a service', () => {
  it('is limited for a network, and the right secret is let in all the while', async (t) => {
    const gate = await openGate(t, { engine: memory, env })
    const right = serviceOf(gate)

    const outcomes = new Map<string, number>()
    for (let index = 0; index < 200; index++) {
      const { status, body, headers } = await serviceOf(gate, 'orders', `guess ${index}`).introspect('x')
      const outcome = `${status} ${body.code}`
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      if (status === 429) assert.ok(Number(headers['retry-after']) > 0)
      if (index % 50 === 49) assert.equal((await right.introspect('x')).status, 200)
    }

    assert.deepEqual(
      [...outcomes],
      [
        ['401 client_invalid', 60],
        ['429 rate_limited', 140],
      ],
    )
  })

  it('is limited for a client too, from however many networks', async (t) => {
    const gate = await openGate(t, { engine: memory, env })
    const outcomes = new Map<string, number>()
    for (let index = 0; index < 400; index++) {
      const client = gate.client({ localAddress: `127.0.1.${1 + (index % 100)}` })
      const reply = await serviceOver(client, basic('orders', `guess ${index}`)).introspect('x')
      outcomes.set(reply.body.code, (outcomes.get(reply.body.code) ?? 0) + 1)
      client.close()
    }

    assert.deepEqual(
      [...outcomes],
      [
        ['client_invalid', 300],
        ['rate_limited', 100],
      ],
    )
    assert.equal((await serviceOf(gate).introspect('x')).status, 200)
    // Another service is as it was.
    assert.equal((await serviceOf(gate, 'shop.web', otherSecret).introspect('x')).status, 200)
  })

  it('tells the same for an unknown id and a wrong secret', async (t) => {
    const gate = await openGate(t, { engine: memory, env: withServices, mode: 'production' })
    const tell = async (id: string, secret: string) => {
      const { status, body, headers } = await serviceOf(gate, id, secret).introspect('x')
      const { instance: _, ...told } = body
      const { date, 'x-flow-id': id_, ...sent } = headers
      void [date, id_]
      return { status, told, sent }
    }

    const known = await tell('orders', 'a secret that is not right, and quite long')
    const unknown = await tell('nobody', 'a secret that is not right, and quite long')

    assert.deepEqual(known, unknown)
    assert.equal(known.status, 401)
  })

  it('leaves no secret in an answer or in the log', async (t) => {
    const gate = await openGate(t, { engine: memory, env: withServices })
    const canary = 'canary-of-a-guess-4711-and-some-more'
    const replies = [
      await serviceOf(gate, 'orders', canary).introspect(canary),
      await serviceOf(gate, canary, canary).revoke(canary),
      await serviceOver(gate.client(), `Bearer ${canary}`).introspect(canary),
      await serviceOver(gate.client(), undefined).introspect('x', {
        client_id: canary,
        client_secret: canary,
      }),
      await serviceOver(gate.client(), undefined).post('/auth/introspect', `${canary}=1&${canary}=1`),
    ]
    for (const reply of replies) assert.ok(reply.status >= 400)
    assert.equal(JSON.stringify(replies.map(({ body, headers }) => [body, headers])).includes(canary), false)
    assert.equal(gate.lines.join('\n').includes(canary), false)
    for (const secret of Object.values(withServices)[0]?.split(/[:,]/) ?? [])
      if (secret.length > 20) assert.equal(gate.lines.join('\n').includes(secret), false)
  })
})

describe('a page that tries what a service may', () => {
  it('gets no CORS for it, whatever its origin', async (t) => {
    const page = 'https://app.example.test'
    const gate = await openGate(t, { engine: memory, env: { ...withServices, CORS_ORIGINS: page } })
    const asked = {
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization',
    }
    for (const path of ['/auth/introspect', '/auth/revoke']) {
      for (const Origin of [page, 'https://evil.test', 'null']) {
        const preflight = await gate.client().request('OPTIONS', path, { headers: { Origin, ...asked } })
        assertProblem(preflight, 404, 'wrong_method')
        const reply = await serviceOf(gate).post(path, { token: 'x' }, { Origin })
        assert.equal(reply.status, Origin === page ? 200 : 403)
        for (const { headers } of [preflight, reply])
          assert.deepEqual(
            Object.keys(headers).filter((name) => name.startsWith('access-control')),
            [],
          )
      }
    }
  })
})
