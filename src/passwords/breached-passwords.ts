import { createHash } from 'node:crypto'

/** A second for everything, so that an outage delays a registration by no more (F-DNS-01). */
const budgetMs = 1000

/** A padded answer has tens of kilobytes: whoever sends a megabyte is not the service. */
const maxBytes = 1_048_576

/**
 * Whether Have I Been Pwned knows the password. Only five characters of its SHA-1 leave the server, and with padding not even
 * the size of the answer tells which five. Throws when there is no whole answer in time.
 */
export async function isBreached(password: string, fetch: typeof globalThis.fetch): Promise<boolean> {
  const hash = createHash('sha1').update(password).digest('hex').toUpperCase()
  const answer = await ask(hash.slice(0, 5), fetch)
  return countOf(hash.slice(5), answer) > 0
}

async function ask(prefix: string, fetch: typeof globalThis.fetch): Promise<string> {
  const response = await fetch(`https://api.pwnedpasswords.com/range/${prefix}`, {
    headers: { 'Add-Padding': 'true' },
    redirect: 'error',
    signal: AbortSignal.timeout(budgetMs),
  })
  if (response.status === 200 && response.body) return readAll(response.body)
  await response.body?.cancel()
  throw new Error(`the answer has status ${response.status}`)
}

async function readAll(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('latin1')
}

/** Padding are rows with the count 0. An answer that is partly something else is not trusted in its other parts. */
function countOf(suffix: string, answer: string): number {
  const rows = answer.trimEnd().split(/\r?\n/)
  if (!rows.every((row) => /^[0-9A-F]{35}:\d{1,12}$/.test(row)))
    throw new Error('the answer is no list of hashes')
  const row = rows.find((row) => row.startsWith(suffix))
  return row === undefined ? 0 : Number(row.slice(suffix.length + 1))
}
