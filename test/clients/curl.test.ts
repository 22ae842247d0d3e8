/** curl makes its mistakes in development, and one in production. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../support/services.ts'
import { codeIn, startSmtpSink } from '../support/smtp-sink.ts'
import { learn, teach } from './learn.ts'
import { lessonsOfCurl } from './lessons-of-curl.ts'
import { lasting, openScene, succeeded } from './scene.ts'
import { json, openShell } from './shell.ts'
import { encrypt } from './tls.ts'

teach('curl', lessonsOfCurl)

describe('curl, in production', () => {
  it('over http is told no more than its request shows, and the fix names https', async () => {
    const [sink, name] = [await startSmtpSink(), 'id.example.test']
    const scene = await openScene({ ...lasting, SMTP_URL: sink.url }, 'production')
    const { url, port, certificate } = await encrypt(scene, name)
    scene.atEnd(sink.close)
    try {
      await scene.restart({ PUBLIC_URL: url, RATE_LIMITS: 'on' })
      const shell = openShell(scene)
      const email = 'nora@example.test'
      const nora = JSON.stringify({ email, password: 'a long and lonely horse' })
      const enter = async (curl: string) => {
        succeeded(await shell(`${curl}/auth/register ${json} -d '${nora}'`))
        const otp = codeIn(await sink.waitForMail({ to: email }))
        return shell(`${curl}/auth/verify-otp ${json} -d '{"otp":"${otp}"}'`)
      }
      const curl = `curl -c jar -b jar --resolve ${name}:${scene.port}:127.0.0.1 --resolve ${name}:${port}:127.0.0.1`

      await learn('session_missing: cookie_not_sent', {
        reply: await enter(`${curl} http://${name}:${scene.port}`),
        says: `It is Secure, so it comes back over https only: call ${url}.`,
        retry: () => enter(`${curl} --cacert ${certificate} ${url}`),
      })
      // The log of the operator knows more. It is written in batches.
      await eventually(async () => assert.match(scene.terminal(), /secure_on_http/))
    } finally {
      await scene.close()
    }
  })
})
