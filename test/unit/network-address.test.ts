/** The one canonicaliser for client addresses (security.md D11), and what limits count by. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { canonicalAddress, limitKeyOf } from '../../src/utils/network-address.ts'

describe('the canonical address', () => {
  const spellings: [written: string, canonical: string | undefined][] = [
    ['203.0.113.9', '203.0.113.9'],
    [' 203.0.113.9 ', '203.0.113.9'],
    ['203.0.113.9:4711', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:cb00:7109', '203.0.113.9'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:80', 'fe80::1'],
    ['::1', '::1'],
    ['::', '::'],
    ['', undefined],
    ['unknown', undefined],
    ['_hidden', undefined],
    ['203.0.113', undefined],
    ['203.0.113.256', undefined],
    ['0203.0.113.9', undefined],
    ['203.0.113.9, 1.2.3.4', undefined],
    ['[203.0.113.9', undefined],
    ['2001:db8::1::2', undefined],
    ['example.test', undefined],
    ['203.0.113.9\n', '203.0.113.9'],
  ]
  for (const [written, canonical] of spellings) {
    it(`of ${JSON.stringify(written)} is ${canonical ?? 'none'}`, () => {
      assert.equal(canonicalAddress(written), canonical)
    })
  }

  it('is its own canonical form, and mapped IPv4 is IPv4', () => {
    const idempotent = fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
      const address = canonicalAddress(text)
      return address === undefined || canonicalAddress(address) === address
    })
    fc.assert(idempotent, { numRuns: 2_000 })
    const mapped = fc.property(
      fc.ipV4(),
      (text) => canonicalAddress(`::ffff:${text}`) === canonicalAddress(text),
    )
    fc.assert(mapped)
  })
})

describe('the key of a limit', () => {
  it('is the address for IPv4 and the /64 network for IPv6', () => {
    assert.equal(limitKeyOf('203.0.113.9'), '203.0.113.9')
    assert.equal(limitKeyOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
    assert.equal(limitKeyOf('2001:db8::1'), '2001:db8:0:0::/64')
    assert.equal(limitKeyOf('::1'), '0:0:0:0::/64')
    assert.equal(limitKeyOf('1::'), '1:0:0:0::/64')
  })

  it('is one for all addresses of a network, and another for the next', () => {
    const group = fc.integer({ min: 0, max: 0xffff })
    const network = fc.array(group, { minLength: 4, maxLength: 4 })
    const host = fc.array(group, { minLength: 4, maxLength: 4 })
    const spell = (groups: number[]) =>
      canonicalAddress(groups.map((each) => each.toString(16)).join(':')) ?? ''
    const oneKey = fc.property(network, host, host, (net, one, other) => {
      const [first, second] = [spell([...net, ...one]), spell([...net, ...other])]
      // Mapped IPv4 is counted as IPv4.
      if (first.includes('.') || second.includes('.')) return true
      return limitKeyOf(first) === limitKeyOf(second)
    })
    fc.assert(oneKey, { numRuns: 1_000 })
    const apart = fc.property(network, network, host, (net, other, rest) => {
      const [first, second] = [spell([...net, ...rest]), spell([...other, ...rest])]
      return String(net) === String(other) || limitKeyOf(first) !== limitKeyOf(second)
    })
    fc.assert(apart, { numRuns: 1_000 })
  })
})
