import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BROWSER_MAP, OS_MAP } from 'bowser'
import fc from 'fast-check'
import { deviceName } from '../../src/utils/device-name.ts'

const linux = 'Mozilla/5.0 (X11; Linux x86_64)'
const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64'

test('a browser is named with its system', () => {
  const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36'
  assert.equal(deviceName(`${linux} ${chrome}`), 'Chrome on Linux')
  assert.equal(deviceName(`${windows}) ${chrome} Edg/139.0.0.0`), 'Microsoft Edge on Windows')
  assert.equal(deviceName(`${windows}; rv:141.0) Gecko/20100101 Firefox/141.0`), 'Firefox on Windows')
  assert.equal(
    deviceName(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
    ),
    'Safari on iOS',
  )
})

test('the tools of developers are named', () => {
  assert.equal(deviceName('curl/8.5.0'), 'curl')
  assert.equal(deviceName('PostmanRuntime/7.45.0'), 'Postman')
  assert.equal(deviceName('node'), 'Node')
})

test('anything else is an unknown client', () => {
  for (const userAgent of [
    undefined,
    '',
    ' ',
    'Acme/1.0 (Bank; call 555-1234) ',
    '\r\nBcc: x@y.test',
    '🦊',
    '\0',
  ]) {
    assert.equal(deviceName(userAgent), 'an unknown client')
  }
})

test('A-SMTP-02: no word of the header reaches the name', () => {
  const hostile = `Click http://evil.test now/1.0 (${linux}) `
  assert.equal(deviceName(hostile), 'an unknown client')
  assert.equal(deviceName(`${hostile} Chrome/1 AppleWebKit/1`), 'Chrome on Linux')
})

test('whatever comes, the name is made of the closed list and comes at once', () => {
  const words = [
    'Chrome/1',
    'Linux',
    'Windows',
    '/',
    ' ',
    '(',
    'Version/',
    '1.'.repeat(200),
    'Android',
    'evil',
  ]
  const userAgents = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...words)).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(userAgents, (userAgent) => isClosed(deviceName(userAgent))),
    { numRuns: 2_000 },
  )
  const startedAt = performance.now()
  for (const word of words) deviceName(word.repeat(1_000_000 / word.length))
  assert.ok(performance.now() - startedAt < 500)
})

function isClosed(name: string): boolean {
  const tools = [
    'an unknown client',
    'curl',
    'Postman',
    'Insomnia',
    'Bruno',
    'HTTPie',
    'Wget',
    'Python',
    'Go',
    'Node',
  ]
  if (tools.includes(name) || Object.values(BROWSER_MAP).includes(name)) return true
  const on = name.lastIndexOf(' on ')
  return (
    Object.values(BROWSER_MAP).includes(name.slice(0, on)) &&
    Object.values(OS_MAP).includes(name.slice(on + 4))
  )
}
