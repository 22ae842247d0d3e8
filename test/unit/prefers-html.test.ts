/** Whether a refusal is a page or JSON (RFC 9110 12.5.1). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { prefersHtml } from '../../src/utils/prefers-html.ts'

const table: [accept: string | undefined, html: boolean][] = [
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['application/json', false],
  ['application/json, text/plain, */*', false],
  ['text/html', true],
  ['TEXT/HTML', true],
  ['text/*', true],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8', true],
  ['text/html;charset=utf-8;q=0.9, */*;q=0.1', true],
  ['text/html, */*', true],
  ['text/html, application/json', false],
  ['text/html, application/problem+json', false],
  ['text/html;q=0.5, application/json', false],
  ['text/html, application/json;q=0.9', true],
  ['text/html;q=0.9, application/problem+json;q=0.8', true],
  ['text/html;q=0', false],
  ['text/html;q=0, */*', false],
  ['*/*, text/html;q=0.1', false],
  ['text/html;q=2', false],
  ['text/html;q=x', false],
  ['text/plain', false],
  [';;;,,,q=', false],
  [`text/html,${'a'.repeat(5_000)}`, false],
]

describe('what a client would rather have', () => {
  for (const [accept, html] of table) {
    it(`${String(accept).slice(0, 70)} is ${html ? 'a page' : 'JSON'}`, () => {
      assert.equal(prefersHtml(accept), html)
    })
  }
})
