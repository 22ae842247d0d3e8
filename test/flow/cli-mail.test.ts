/** `sallyport mail preview` as a person runs it: without settings, without a store, and with broken ones. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { mailKinds } from '../../src/mail/message-catalogue.ts'
import { endWithThisProcess, temporaryDirectory } from '../support/child-processes.ts'

const program = join(import.meta.dirname, '../../bin/sallyport.js')
const cwd = temporaryDirectory('cli-mail')
const compiled = temporaryDirectory('cli-mail-compiled')

type Run = { code: number; stdout: string; stderr: string }

async function preview(...args: string[]): Promise<Run> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [program, 'mail', 'preview', ...args], {
    cwd,
    env: { PATH, HOME, NODE_COMPILE_CACHE: compiled, PORT: 'many', DATABASE_URL: 'mysql://db' },
  })
  endWithThisProcess(child)
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}

describe('mail preview', () => {
  it('shows every mail, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await preview()
    assert.deepEqual([code, stderr], [0, ''])
    assert.deepEqual(
      [...stdout.matchAll(/^--- (\w+)\nSubject: .+$/gm)].map(([, kind]) => kind),
      [...mailKinds],
    )
    assert.deepEqual(readdirSync(cwd), [])
  })

  it('shows one mail as text', async () => {
    assert.deepEqual(await preview('login_code'), {
      code: 0,
      stdout:
        'Subject: 839201 is your Sallyport code\n\n' +
        'Your code is: 839201\n\n' +
        'Expires in 10 minutes. Asked for at 10:40 UTC from Firefox on Linux.\n\n' +
        'Not you? Somebody knows your password: change it.\n',
      stderr: '',
    })
  })

  it('shows the languages', async () => {
    const { stdout } = await preview('--language', 'de', 'password_changed')
    assert.match(stdout, /^Subject: Ihr Passwort bei Sallyport wurde geändert\n\nDas Passwort Ihres Kontos/)
  })

  it('shows the HTML of one mail', async () => {
    const { stdout } = await preview('email_changed', '--html')
    assert.match(stdout, /^<!doctype html>\n<html lang="en">\n.*Undo it within 7 days\..*<\/html>\n$/s)
    const withoutKind = await preview('--html')
    assert.deepEqual([withoutKind.code, withoutKind.stdout], [2, ''])
    assert.match(withoutKind.stderr, /^--html shows one mail\. Name it: login_code, .*account_deleted\.\n$/)
    assert.equal((await preview('login_code', '--html', '--json')).code, 2)
  })

  it('gives programs JSON: one mail, or the list of all', async () => {
    const one = JSON.parse((await preview('invitation', '--json', '--language', 'de')).stdout)
    assert.deepEqual(Object.keys(one), ['kind', 'language', 'subject', 'text', 'html'])
    assert.deepEqual([one.kind, one.language], ['invitation', 'de'])
    const all: { kind: string }[] = JSON.parse((await preview('--json')).stdout)
    assert.deepEqual(
      all.map(({ kind }) => kind),
      [...mailKinds],
    )
  })

  it('lists what there is when it is asked for what there is not', async () => {
    const kind = await preview('login')
    assert.deepEqual([kind.code, kind.stdout], [2, ''])
    assert.match(kind.stderr, /'login' is invalid .*Allowed choices are login_code, .*account_deleted\./)
    const language = await preview('--language', 'tlh')
    assert.deepEqual([language.code, language.stdout], [2, ''])
    assert.match(language.stderr, /'tlh' is invalid\. Allowed choices are en, de\./)
  })

  it('begins its help with examples', async () => {
    assert.match((await preview('--help')).stdout, /^Examples:\n {2}\$ sallyport mail preview\n/)
  })
})
