import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSurroundings } from '../../src/middleware/surroundings.ts'
import { createProxyTrust } from '../../src/middleware/visit.ts'

function watch(trust: number | string[] = 0) {
  const told: string[] = []
  const surroundings = createSurroundings({
    isTrusted: createProxyTrust(trust),
    tell: (text) => void told.push(text),
  })
  return { surroundings, told, names: () => surroundings.notices().map(({ name }) => name) }
}

test('a private peer that forwards and is not trusted is told once, with the fix', () => {
  for (const peer of ['10.1.2.3', '172.20.0.1', '192.168.1.1', '127.0.0.1', '::1', 'fd00::1']) {
    const { surroundings, told, names } = watch()
    for (let n = 0; n < 3; n++) surroundings.see(peer, true)
    assert.deepEqual(names(), ['forwarded_by_untrusted_peer'], peer)
    assert.equal(told.length, 1)
    assert.match(told[0] ?? '', /TRUST_PROXY=1/)
  }
})

test('what a stranger in the internet sends says nothing about our settings', () => {
  const { surroundings, names } = watch()
  for (const peer of ['203.0.113.7', '2001:db8::1', '172.32.0.1']) surroundings.see(peer, true)
  assert.deepEqual(names(), [])
})

test('a trusted proxy is no news', () => {
  for (const trust of [1, ['10.0.0.0/8']]) {
    const { surroundings, names } = watch(trust)
    for (let n = 0; n < 200; n++) surroundings.see('10.1.2.3', true)
    assert.deepEqual(names(), [])
  }
})

test('a hundred requests from one private address are probably a proxy, and a second address ends the doubt', () => {
  const alone = watch()
  for (let n = 0; n < 99; n++) alone.surroundings.see('172.17.0.1', false)
  assert.deepEqual(alone.names(), [])
  alone.surroundings.see('172.17.0.1', false)
  assert.deepEqual(alone.names(), ['one_private_client'])

  const others = watch()
  others.surroundings.see('172.17.0.1', false)
  others.surroundings.see('172.17.0.9', false)
  for (let n = 0; n < 500; n++) others.surroundings.see('172.17.0.1', false)
  assert.deepEqual(others.names(), [])

  const local = watch()
  for (let n = 0; n < 500; n++) local.surroundings.see('127.0.0.1', false)
  assert.deepEqual(local.names(), [])
})

test('clocks more than 30 s apart are told until they agree again', () => {
  const { surroundings, told, names } = watch()
  for (const aheadMs of [undefined, 0, 30_000, -30_000]) surroundings.compareClocks(aheadMs)
  assert.deepEqual(names(), [])
  surroundings.compareClocks(31_000)
  surroundings.compareClocks(90_000)
  assert.deepEqual([names(), told.length], [['clock_apart'], 1])
  assert.match(told[0] ?? '', /31 s behind the store's/)
  surroundings.compareClocks(2)
  assert.deepEqual(names(), [])
  surroundings.compareClocks(-45_000)
  assert.match(told[1] ?? '', /45 s ahead of the store's/)
})
