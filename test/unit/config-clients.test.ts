import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { clientList } from '../../src/config/clients.ts'
import { effectiveSettings } from '../../src/config/effective.ts'
import { readSettings } from '../../src/config/settings.ts'
import { temporaryDirectory } from '../support/child-processes.ts'

const secret = 'k3Wq9vT1xZ7bN5mR2pL8sD4fG6hJ0aYc'
const other = 'Y8uB2nM5cX1zQ7wE4rT9yU3iO6pA0sDf'

test('CLIENTS is a list of ids and secrets', () => {
  const { settings } = readSettings({ CLIENTS: ` orders:${secret}, shop.web_2-x:a:b ` }, 'development')
  assert.deepEqual(settings.clients, [
    { id: 'orders', secret },
    { id: 'shop.web_2-x', secret: 'a:b' },
  ])
  assert.deepEqual(readSettings({}, 'development').settings.clients, [])
})

for (const wrong of [
  'orders',
  'orders:',
  ':secret',
  ' :secret',
  'or ders:secret',
  'örders:secret',
  `${'x'.repeat(65)}:secret`,
  'orders:secret,',
  ',orders:secret',
  'orders:secret,,shop:secret',
  'orders:one,orders:two',
  'orders:a\nb',
])
  test(`CLIENTS refuses ${JSON.stringify(wrong)}, and repeats none of it`, () => {
    const parsed = clientList(wrong)
    assert.equal(parsed.ok, false)
    const said = parsed.ok ? '' : `${parsed.wrong} ${parsed.fix}`
    for (const part of wrong.split(/[:,]/).filter((each) => each.length > 6 && each !== 'orders'))
      assert.equal(said.includes(part), false)
  })

test('CLIENTS gives back what was written, and never twice the same id', () => {
  const id = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/)
  const value = fc
    .string({ minLength: 1, maxLength: 60 })
    .filter((text) => /^[^\s,\p{Cc}][^,\p{Cc}]*$/u.test(text) && text === text.trim())
  fc.assert(
    fc.property(
      fc.array(fc.record({ id, secret: value }, { noNullPrototype: true }), { minLength: 1, maxLength: 5 }),
      (clients) => {
        const parsed = clientList(clients.map((each) => `${each.id}:${each.secret}`).join())
        const isUnique = new Set(clients.map((each) => each.id)).size === clients.length
        assert.equal(parsed.ok, isUnique)
        if (parsed.ok) assert.deepEqual(parsed.value, clients)
      },
    ),
  )
})

test('CLIENTS may come from a file, and is never shown', () => {
  const file = join(temporaryDirectory('clients'), 'clients')
  writeFileSync(file, `orders:${secret},shop:${other}\n`)
  const env = { CLIENTS_FILE: file }

  assert.equal(readSettings(env, 'development').settings.clients.length, 2)
  const shown = effectiveSettings(env, '', 'development')
  assert.equal(shown.settings.find(({ name }) => name === 'CLIENTS')?.value, 'set')
  for (const word of [secret, other]) assert.equal(JSON.stringify(shown).includes(word), false)
})
