import { CommandFailure } from '../failure.ts'
import { refuseEndless } from './endless.ts'

/** The text of one value. Whether it is JSON is left to JSON.parse. */
export type JsonText = { line: number; text: string }

/**
 * Cuts JSON into the values of its outermost list, in pieces of any size: an array, one object a line (NDJSON), or Firebase's
 * `{"users": [...]}`.
 */
export class JsonSplitter {
  #kind: 'unknown' | 'array' | 'lines' | 'ended' = 'unknown'
  #head = ''
  #text = ''
  #depth = 0
  #isString = false
  #isEscaped = false
  #line = 1
  /** Of the value under way; `undefined` before its first character. */
  #startLine: number | undefined
  #brokenAt: number | undefined

  push(text: string): JsonText[] {
    this.#refuseBroken()
    if (this.#kind !== 'unknown') return this.#split(text)
    this.#head += text
    return this.#head.length < headLength ? [] : this.#begin()
  }

  end(): JsonText[] {
    this.#refuseBroken()
    const values = this.#kind === 'unknown' ? this.#begin() : []
    if (this.#kind === 'array') {
      const where = `line ${this.#line}`
      throw new CommandFailure(`The file ends at ${where} before its list does: was it cut short?`)
    }
    this.#endValue(values, '')
    return values
  }

  #begin(): JsonText[] {
    const [opening = ''] = /^\s*(?:\[|\{\s*"users"\s*:\s*\[)/.exec(this.#head) ?? []
    this.#kind = opening === '' ? 'lines' : 'array'
    this.#line += opening.split('\n').length - 1
    const rest = this.#head.slice(opening.length)
    this.#head = ''
    return this.#split(rest)
  }

  #split(text: string): JsonText[] {
    const values: JsonText[] = []
    let from = 0
    for (let at = 0; at < text.length && this.#kind !== 'ended'; at += 1) {
      const char = text.charCodeAt(at)
      const isEnd = this.#isString ? this.#stepInString(char) : this.#step(char)
      if (isEnd) {
        this.#endValue(values, text.slice(from, at))
        from = at + 1
      } else if (char > space) this.#startLine ??= this.#line
      if (char === newline) this.#line += 1
    }
    if (this.#kind !== 'ended') this.#text += text.slice(from)
    refuseEndless(this.#startLine ?? this.#line, this.#text.length)
    return values
  }

  #stepInString(char: number): boolean {
    if (char === newline) return this.#stepBrokenString()
    if (this.#isEscaped) this.#isEscaped = false
    else if (char === backslash) this.#isEscaped = true
    else if (char === quote) this.#isString = false
    return false
  }

  /** No JSON text has a line break in it. Where every line is a value, the next one is sound again. */
  #stepBrokenString(): boolean {
    if (this.#kind === 'array') {
      this.#brokenAt = this.#startLine
      this.#kind = 'ended'
      return false
    }
    this.#isString = false
    this.#isEscaped = false
    this.#depth = 0
    return true
  }

  #step(char: number): boolean {
    if (char === quote) this.#isString = true
    else if (char === openBrace || char === openBracket) this.#depth += 1
    else if (char === closeBrace || char === closeBracket) {
      if (this.#depth > 0) this.#depth -= 1
      else if (this.#kind === 'array') {
        this.#kind = 'ended'
        return true
      }
    }
    return this.#depth === 0 && char === (this.#kind === 'array' ? comma : newline)
  }

  /** Not before what stood ahead of it was handed over. */
  #refuseBroken(): void {
    if (this.#brokenAt !== undefined) refuseEndless(this.#brokenAt)
  }

  #endValue(values: JsonText[], rest: string): void {
    const text = (this.#text + rest).trim()
    if (text !== '') values.push({ line: this.#startLine ?? this.#line, text })
    this.#text = ''
    this.#startLine = undefined
  }
}

/** Enough to tell `{"users": [` from an object. */
const headLength = 100

const [quote, comma, newline, backslash, space] = [0x22, 0x2c, 0x0a, 0x5c, 0x20]
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d]
