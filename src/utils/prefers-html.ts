/**
 * Whether a client would rather have HTML than JSON (RFC 9110 12.5.1). A browser names text/html; curl, fetch and a missing Accept take
 * anything, and anything is JSON here.
 */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined || accept.length > 2_048) return false
  const ranges = accept.split(',').flatMap(readRange)
  const html = bestOf(ranges, ['text/html', 'text/*', '*/*'])
  const json = [
    bestOf(ranges, ['application/problem+json', 'application/*', '*/*']),
    bestOf(ranges, ['application/json', 'application/*', '*/*']),
  ].sort(byWish)[0] as Wish
  return html.quality > 0 && byWish(html, json) < 0
}

type Range = { type: string; quality: number }
/** `rank` 0 is the exact type, 2 is anything, 3 is not named at all. */
type Wish = { quality: number; rank: number }

/** What is liked better first; of what is liked as much, what was named more exactly. */
function byWish(a: Wish, b: Wish): number {
  return b.quality - a.quality || a.rank - b.rank
}

function readRange(text: string): Range[] {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = weight === undefined ? 1 : Number(weight.slice(2))
  return quality >= 0 && quality <= 1 ? [{ type, quality }] : []
}

/** The most exact range that covers a type decides, whatever others say. */
function bestOf(ranges: Range[], names: string[]): Wish {
  for (const [rank, name] of names.entries()) {
    const range = ranges.find(({ type }) => type === name)
    if (range) return { quality: range.quality, rank }
  }
  return { quality: 0, rank: names.length }
}
