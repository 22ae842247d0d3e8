/** A-RST-01: the request names a host of the attacker's; no mail carries it, nor any host at all (D10). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { embedded } from '../support/engines.ts'
import { openInstallation } from '../support/processes.ts'
import { sendRaw } from '../support/race.ts'

const password = 'seven horses in the rain'

/** [name, request line target, header lines] */
const poisoned: [string, string, string[]][] = [
  ['Host', '', ['Host: evil.example']],
  ['Host with a port', '', ['Host: evil.example:8080']],
  ['X-Forwarded-Host', '', ['Host: localhost', 'X-Forwarded-Host: evil.example']],
  ['X-Forwarded-*', '', ['Host: localhost', 'X-Forwarded-Server: evil.example', 'X-Forwarded-Proto: evil']],
  ['Forwarded', '', ['Host: localhost', 'Forwarded: for=1.2.3.4;host=evil.example;proto=http']],
  ['X-Original-URL', '', ['Host: localhost', 'X-Original-URL: http://evil.example/', 'X-Host: evil.example']],
  ['an absolute request line', 'http://evil.example', ['Host: localhost']],
  ['two Hosts', '', ['Host: localhost', 'Host: evil.example']],
  ['two Hosts, the other way round', '', ['Host: evil.example', 'Host: localhost']],
  ['Origin and Referer of its own', '', ['Host: localhost', 'Referer: https://evil.example/reset']],
  ['a host in the user agent', '', ['Host: localhost', 'User-Agent: https://evil.example/ click here']],
  ['a host in the language', '', ['Host: localhost', 'Accept-Language: https://evil.example/']],
]

describe('A-RST-01: a poisoned host', () => {
  it('reaches no mail, whichever header names it, behind a proxy or not', async (t) => {
    for (const TRUST_PROXY of ['0', '1']) {
      const place = await openInstallation(t, { engine: embedded, env: { TRUST_PROXY } })
      let number = 0
      for (const [name, target, lines] of poisoned) {
        for (const path of ['/auth/password/forgot', '/auth/register', '/auth/login']) {
          const ada = await place.makeAccount()
          const email = path === '/auth/register' ? `nora${++number}@example.test` : ada.email
          const secret = path === '/auth/login' ? ada.password : password
          const body = JSON.stringify({ email, ...(path.endsWith('forgot') ? {} : { password: secret }) })
          const head = [
            `POST ${target}${path} HTTP/1.1`,
            ...lines,
            'Content-Type: application/json',
            `Content-Length: ${body.length}`,
            'Connection: close',
          ]
          const reply = await sendRaw(`${head.join('\r\n')}\r\n\r\n${body}`, place.port)
          assert.doesNotMatch(`${JSON.stringify(reply.headers)}${JSON.stringify(reply.body)}`, /evil/, name)
          if (reply.status === 400) continue
          assert.equal(reply.status, 200, `${name}: ${JSON.stringify(reply.body)}`)

          const mail = await place.sink.waitForMail({ to: email })
          assert.doesNotMatch(mail.raw, /evil/i, name)
          assert.deepEqual(mail.recipients, [email])
          // No link at all: what a scanner follows or a phisher imitates.
          assert.doesNotMatch(`${mail.subject}\n${mail.text}\n${mail.html}`, /https?:|href|www\.|localhost/i)
        }
      }
      assert.ok(place.sink.mails.length >= poisoned.length * 2)
    }
  })
})
