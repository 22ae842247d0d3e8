/** The cookie that says to which addresses a browser has logged in before, and when (D5). */
import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createBrowserCookies } from '../../src/middleware/browser-marks.ts'
import { deriveKey } from '../../src/utils/secret.ts'
import { createManualClock } from '../support/clock.ts'

const [oldKey, newKey] = [deriveKey('old', 'known browsers'), deriveKey('new', 'known browsers')]
const ada = 'ada@example.test'

describe('a known browser', () => {
  it('is known to the address that it logged in to, since it did, and to no other', () => {
    const browser = openBrowser()
    browser.remember(ada)
    assert.equal(browser.loggedInAt(ada), Date.UTC(2026, 0, 1))
    assert.match(browser.knownAs(ada) ?? '', /^[0-9a-z]{8}-[\w-]{16}$/)
    for (const other of ['eve@example.test', 'ada@example.tes', 'ADA@example.test', '']) {
      assert.equal(browser.knownAs(other), undefined)
      assert.equal(browser.loggedInAt(other), undefined)
    }
  })

  it('is known since its newest login, under a name that tells no address', () => {
    const browser = openBrowser()
    browser.remember(ada)
    const before = browser.knownAs(ada)
    browser.clock.advance('1h')
    browser.remember(ada)
    assert.equal(browser.loggedInAt(ada), Date.UTC(2026, 0, 1, 1))
    assert.notEqual(browser.knownAs(ada), before)
    assert.equal(browser.entries().length, 1)
    assert.doesNotMatch(browser.cookie, /ada/)
  })

  it('is known to four addresses, the last ones', () => {
    const browser = openBrowser()
    const emails = Array.from({ length: 6 }, (_, n) => `user${n}@example.test`)
    for (const email of emails) browser.remember(email)
    assert.deepEqual(
      emails.map((email) => browser.knownAs(email) !== undefined),
      [false, false, true, true, true, true],
    )
    browser.remember('user2@example.test')
    browser.remember('user6@example.test')
    assert.equal(browser.knownAs('user2@example.test') !== undefined, true)
    assert.equal(browser.knownAs('user3@example.test'), undefined)
  })

  it('reads no fifth entry of a cookie that somebody put together', () => {
    const all: string[] = []
    for (let n = 0; n < 5; n++) {
      const browser = openBrowser()
      browser.remember(`user${n}@example.test`)
      all.push(browser.cookie)
    }
    const browser = openBrowser({ cookie: all.join('~') })
    assert.deepEqual(
      all.map((_, n) => browser.knownAs(`user${n}@example.test`) !== undefined),
      [true, true, true, true, false],
    )
  })

  it('is one no more with an entry that is changed in any letter, or cut', () => {
    const { cookie } = remembered()
    for (let index = 0; index < cookie.length; index++) {
      const other = cookie[index] === 'A' ? 'B' : 'A'
      const changed = cookie.slice(0, index) + other + cookie.slice(index + 1)
      const cut = cookie.slice(0, index)
      for (const value of [changed, cut]) {
        // The last letter of a digest holds bits that mean nothing; the text is compared, not they.
        assert.equal(openBrowser({ cookie: value }).knownAs(ada), undefined, value)
      }
    }
  })

  it('is none with a later time in its entry, nor with the digest of another one', () => {
    const { cookie } = remembered()
    const eve = openBrowser()
    eve.remember('eve@example.test')
    const later = Date.UTC(2027, 0, 1).toString(36)
    const swapped = `${cookie.split('.')[0]}.${eve.cookie.split('.')[1]}`
    for (const value of [cookie.replace(/^[0-9a-z]+/, later), swapped, `0${cookie}`]) {
      assert.equal(openBrowser({ cookie: value }).knownAs(ada), undefined, value)
    }
  })

  it('is none with whatever else a client sends', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 700 }), (value) => {
        const browser = openBrowser({ cookie: encodeURIComponent(value) })
        assert.equal(browser.knownAs(ada), undefined)
        assert.equal(browser.loggedInAt(ada), undefined)
      }),
    )
    const { cookie } = remembered()
    assert.equal(openBrowser({ cookie: `${'x'.repeat(512)}~${cookie}` }).knownAs(ada), undefined)
    assert.notEqual(openBrowser({ cookie: `x~~y.z~${cookie}` }).knownAs(ada), undefined)
  })

  it('stays known while the secret is replaced, and its next login signs anew', () => {
    const { cookie } = remembered([oldKey])
    const rotating = openBrowser({ cookie, keys: [newKey, oldKey] })
    assert.notEqual(rotating.knownAs(ada), undefined)
    rotating.remember('eve@example.test')
    rotating.remember(ada)

    const after = openBrowser({ cookie: rotating.cookie, keys: [newKey] })

    assert.notEqual(after.knownAs(ada), undefined)
    assert.notEqual(after.knownAs('eve@example.test'), undefined)
    assert.equal(after.entries().length, 2)
    assert.equal(openBrowser({ cookie, keys: [newKey] }).knownAs(ada), undefined)
    assert.equal(openBrowser({ cookie: rotating.cookie, keys: [oldKey] }).knownAs(ada), undefined)
  })

  it('is known for 400 days, however long somebody keeps the cookie', () => {
    const { cookie } = remembered()
    const browser = openBrowser({ cookie })
    browser.clock.advance(400 * 86_400_000 - 1)
    assert.notEqual(browser.knownAs(ada), undefined)
    browser.clock.advance(1)
    assert.deepEqual([browser.knownAs(ada), browser.loggedInAt(ada)], [undefined, undefined])
  })

  it('fits its cookie with four addresses, and keeps it from scripts and other sites', () => {
    const browser = openBrowser()
    let line = ''
    for (let n = 0; n < 5; n++) line = browser.remember(`user${n}@example.test`)
    assert.match(
      line,
      /^sallyport\.known=[\w.~-]{200,512}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Lax$/,
    )
    const secure = openBrowser({ secure: true })
    assert.match(secure.remember(ada), /^__Host-sallyport\.known=\S+; Path=\/; .*; Secure$/)
  })
})

type BrowserOptions = { cookie?: string; keys?: [Buffer, ...Buffer[]]; secure?: boolean }

/** A browser with a jar for this one cookie. */
function openBrowser({ cookie = '', keys = [newKey], secure = false }: BrowserOptions = {}) {
  const clock = createManualClock()
  const cookies = createBrowserCookies({ keys, secure, trustedForMs: 0, clock })
  const name = secure ? '__Host-sallyport.known' : 'sallyport.known'
  const request = () => {
    const req = new IncomingMessage(new Socket())
    if (browser.cookie !== '') req.headers.cookie = `${name}=${browser.cookie}`
    return req
  }
  const browser = {
    clock,
    cookie,
    knownAs: (email: string) => cookies.read(request()).knownAs(email),
    loggedInAt: (email: string) => cookies.read(request()).loggedInAt(email),
    entries: () => browser.cookie.split('~'),
    /** Gives the header that sets it. */
    remember(email: string): string {
      const res = new ServerResponse(request())
      cookies.remember(request(), res, email)
      const line = String(res.getHeader('Set-Cookie'))
      browser.cookie = /=([^;]*)/.exec(line)?.[1] ?? ''
      return line
    },
  }
  return browser
}

function remembered(keys?: [Buffer, ...Buffer[]]) {
  const browser = openBrowser(keys ? { keys } : {})
  browser.remember(ada)
  return browser
}
