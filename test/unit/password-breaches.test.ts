/** A-PW-06, ASVS 6.2.12: passwords from breaches, asked of a server that stands in for api.pwnedpasswords.com. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createPasswordPolicy } from '../../src/passwords/policy.ts'
import { Problem } from '../../src/problems/problem.ts'

const password = 'correct horse battery staple'
const [prefix, suffix] = hashOf(password)
const others = Array.from({ length: 800 }, (_, index) => hashOf(`other ${index}`)[1])

function hashOf(text: string): [prefix: string, suffix: string] {
  const hash = createHash('sha1').update(text).digest('hex').toUpperCase()
  return [hash.slice(0, 5), hash.slice(5)]
}

/** As the service writes them: with CRLF between them and none at the end. */
function rowsWith(...own: string[]): string {
  return [...others.slice(0, 400), ...own, ...others.slice(400)]
    .map((row) => (row.includes(':') ? row : `${row}:3`))
    .join('\r\n')
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void

async function openPolicy(t: TestContext, answer: Answer) {
  const [requests, asked, events]: [
    IncomingMessage[],
    string[],
    { type: string; detail: { error: string } }[],
  ] = [[], [], []]
  const server = createServer((request, response) => {
    requests.push(request)
    answer(response, request)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const policy = createPasswordPolicy({
    productName: 'Acme',
    publicUrl: 'https://auth.acme.example',
    breached: true,
    fetch: (input, init) => {
      asked.push(String(input))
      return fetch(new URL(new URL(String(input)).pathname, `http://127.0.0.1:${port}`), init)
    },
    onEvent: (event) => events.push(event),
  })
  const verdictOn = (text: string) =>
    policy.check(text, { email: 'ada@example.test' }).then(
      () => 'accepted',
      (error) => {
        assert.ok(error instanceof Problem, String(error))
        assert.equal(error.code, 'password_rejected')
        return error.details.extra?.reason
      },
    )
  return { server, requests, asked, events, policy, verdictOn }
}

describe('an answer', () => {
  for (const [name, body, expected] of [
    ['a hit', rowsWith(`${suffix}:42`), 'breached'],
    ['a hit in the last row', `${rowsWith()}\r\n${suffix}:1\r\n`, 'breached'],
    ['a miss', rowsWith(), 'accepted'],
    ['padding', rowsWith(`${suffix}:0`), 'accepted'],
    ['one row', `${others[0]}:1`, 'accepted'],
  ] as const) {
    it(`ASVS 6.2.12: is believed: ${name}`, async (t) => {
      const { verdictOn, events } = await openPolicy(t, (response) => response.end(body))
      assert.equal(await verdictOn(password), expected)
      assert.deepEqual(events, [])
    })
  }

  it('says what happened and what to do', async (t) => {
    const { policy } = await openPolicy(t, (response) => response.end(rowsWith(`${suffix}:42`)))
    await assert.rejects(policy.check(password, { email: 'ada@example.test' }), {
      details: {
        detail:
          'This password was published in a breach, and guessers try those first: choose one that you have never used anywhere.',
        extra: { reason: 'breached' },
      },
    })
  })
})

describe('the question', () => {
  it('has five characters of the hash, asks for padding, and nothing else of the password', async (t) => {
    const { verdictOn, requests, asked } = await openPolicy(t, (response) => response.end(rowsWith()))
    await verdictOn(password)
    assert.deepEqual(asked, [`https://api.pwnedpasswords.com/range/${prefix}`])
    assert.deepEqual(
      requests.map(({ method, url, headers }) => [method, url, headers['add-padding'], headers.cookie]),
      [['GET', `/range/${prefix}`, 'true', undefined]],
    )
    const sent = JSON.stringify(requests[0]?.rawHeaders)
    assert.ok(!sent.includes(suffix) && !sent.includes(password))
  })

  it('is about the exact bytes', async (t) => {
    const { verdictOn, asked } = await openPolicy(t, (response) => response.end(rowsWith()))
    const spellings = [
      password,
      password.toUpperCase(),
      `${password} `,
      'caf\u00e9 am see',
      'cafe\u0301 am see',
    ]
    for (const text of spellings) await verdictOn(text)
    assert.deepEqual(
      asked.map((url) => url.slice(-5)),
      spellings.map((text) => hashOf(text)[0]),
    )
  })

  it('is not asked about a password that is refused anyway, nor when it is switched off', async (t) => {
    const { verdictOn, asked } = await openPolicy(t, (response) => response.end(rowsWith()))
    for (const text of [
      'short',
      'a'.repeat(300),
      'aaaaaaaa',
      'Password1!',
      'example7',
      'auth.acme.example',
    ]) {
      assert.notEqual(await verdictOn(text), 'accepted')
    }
    const options = { productName: 'Acme', publicUrl: 'https://auth.acme.example', breached: false }
    const off = createPasswordPolicy({ ...options, fetch: () => assert.fail('it asked') })
    await off.check(password, { email: 'ada@example.test' })
    assert.deepEqual(asked, [])
  })
})

describe('F-DNS-01: without an answer the bundled list decides alone, and an event says why', () => {
  const hit = rowsWith(`${suffix}:42`)
  const failures: [name: string, answer: Answer, error: RegExp][] = [
    ['status 500', (response) => response.writeHead(500).end(hit), /^the answer has status 500$/],
    ['status 404', (response) => response.writeHead(404).end(), /status 404/],
    ['status 204', (response) => response.writeHead(204).end(), /status 204/],
    ['status 429 that never ends', (response) => response.writeHead(429).write('slow down'), /status 429/],
    ['a page', (response) => response.end('<html>Log in to the hotel network</html>'), /no list of hashes/],
    ['nothing', (response) => response.end(), /no list of hashes/],
    ['a row cut short', (response) => response.end(hit.slice(0, -9)), /no list of hashes/],
    ['a row without a count', (response) => response.end(`${hit}\r\n${suffix}`), /no list of hashes/],
    ['a hash in full', (response) => response.end(`${prefix}${suffix}:42`), /no list of hashes/],
    ['bytes', (response) => response.end(Buffer.alloc(5000, 0xff)), /no list of hashes/],
    ['a broken line', (response) => response.destroy(), /./],
    [
      'a body that breaks off',
      (response) =>
        response.writeHead(200, { 'Content-Length': 99_999 }).write(hit, () => response.destroy()),
      /./,
    ],
    [
      'a body without an end',
      (response) => {
        const more = () => {
          while (!response.destroyed && response.write(`${hit}\r\n`));
        }
        response.on('drain', more)
        more()
      },
      /^the answer is too long$/,
    ],
    [
      'a small body that unpacks to a large one',
      (response) =>
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(`${hit}\r\n`.repeat(1000))),
      /^the answer is too long$/,
    ],
  ]

  for (const [name, answer, error] of failures) {
    it(name, async (t) => {
      const { verdictOn, events, requests } = await openPolicy(t, answer)
      assert.equal(await verdictOn(password), 'accepted')
      assert.equal(await verdictOn('Password1!'), 'too_common')
      assert.deepEqual(
        events.map(({ type }) => type),
        ['password.breach_check_failed'],
      )
      assert.match(events[0]?.detail.error ?? '', error)
      assert.equal(requests.length, 1)
      assertSilent(events)
    })
  }

  for (const [name, answer] of [
    ['before its head', () => {}],
    ['in its body', (response) => response.writeHead(200).write(`${suffix}:42\r\n`)],
    [
      'in a body that drips',
      (response) => {
        response.writeHead(200)
        const drip = setInterval(() => response.write(`${suffix}:42\r\n`), 50)
        response.on('close', () => clearInterval(drip))
      },
    ],
  ] as [string, Answer][]) {
    it(`an answer that hangs ${name} is waited for one second`, async (t) => {
      const { verdictOn, events, requests } = await openPolicy(t, answer)
      const startedAt = performance.now()
      assert.equal(await verdictOn(password), 'accepted')
      const waited = performance.now() - startedAt
      assert.ok(waited > 900 && waited < 2500, `${waited} ms`)
      assert.match(events.map(({ detail }) => detail.error).join('|'), /^[^|]*timeout$/)
      if (!requests[0]?.socket.destroyed) await once(requests[0]?.socket ?? assert.fail(), 'close')
    })
  }

  it('a redirect is not followed', async (t) => {
    const { verdictOn, events, requests } = await openPolicy(t, (response, { url }) =>
      url === '/elsewhere' ? response.end(hit) : response.writeHead(302, { Location: '/elsewhere' }).end(),
    )
    assert.equal(await verdictOn(password), 'accepted')
    assert.match(events.map(({ detail }) => detail.error).join('|'), /^[^|]*redirect[^|]*$/)
    assert.equal(requests.length, 1)
  })

  it('nobody listens', async (t) => {
    const { verdictOn, events, server } = await openPolicy(t, () => {})
    await new Promise((resolve) => server.close(resolve))
    assert.equal(await verdictOn(password), 'accepted')
    assert.match(events.map(({ detail }) => detail.error).join('|'), /^[^|]*ECONNREFUSED[^|]*$/)
    assertSilent(events)
  })

  it('one event for each failure, also at once', async (t) => {
    const { verdictOn, events } = await openPolicy(t, (response) => response.writeHead(503).end())
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => verdictOn(password)))
    assert.deepEqual([...new Set(verdicts), events.length], ['accepted', 20])
  })

  it('the global fetch is looked up when it is asked', async (t) => {
    const policy = createPasswordPolicy({
      productName: 'Acme',
      publicUrl: 'http://localhost',
      breached: true,
    })
    const mocked = t.mock.method(globalThis, 'fetch', async () => new Response(hit))
    await assert.rejects(policy.check(password, { email: 'ada@example.test' }), /published in a breach/)
    assert.equal(mocked.mock.callCount(), 1)
  })

  it('a fetch that throws at once, without an Error, and with nobody to tell', async () => {
    for (const thrown of [new TypeError('bad'), 'text', undefined, new AggregateError([], '')]) {
      const policy = createPasswordPolicy({
        productName: 'Acme',
        publicUrl: 'http://localhost',
        breached: true,
        fetch: () => {
          throw thrown
        },
      })
      await policy.check(password, { email: 'ada@example.test' })
    }
  })
})

function assertSilent(events: unknown): void {
  const said = JSON.stringify(events).toUpperCase()
  for (const secret of [password.toUpperCase(), prefix, suffix]) assert.ok(!said.includes(secret))
}
