/** What is needed of `fetch`, so that your own (with a proxy, a client certificate, a counter) fits in. */
export type Fetch = (
  url: string,
  init: { headers: Record<string, string>; redirect: 'manual'; signal: AbortSignal },
) => Promise<FetchedResponse>

export type FetchedResponse = {
  status: number
  headers: { get(name: string): string | null }
  body: AsyncIterable<Uint8Array> | null
}

export type DocumentRequest = {
  fetch: Fetch
  headers?: Record<string, string>
  maxBytes: number
  timeoutMs: number
  /** Ends it before its time. */
  signal: AbortSignal
}

export type FetchedDocument = { status: number; text: string; header(name: string): string | null }

/** There was no answer, and it was not our time that was up. */
export class ConnectionLost extends Error {}

/**
 * A document of the issuer, whole, within its time and size, and never from another address than the one that was asked: a
 * redirect is a refusal (ASVS 15.3.2). Any other status is for the caller to judge.
 *
 * @throws ConnectionLost, or Error, with what went wrong, in words for whoever set the options
 */
export async function fetchDocument(url: string, request: DocumentRequest): Promise<FetchedDocument> {
  const { fetch, headers = {}, maxBytes, timeoutMs } = request
  const within = limitTime(timeoutMs, request.signal)
  let isAnswered = false
  try {
    const response = await fetch(url, { headers, redirect: 'manual', signal: within.signal })
    isAnswered = true
    if (response.status === 0 || (response.status >= 300 && response.status < 400)) {
      await response.body?.[Symbol.asyncIterator]().return?.()
      throw new Error('it redirects, and redirects are not followed')
    }
    const text = await readText(response.body, maxBytes)
    return { status: response.status, text, header: (name) => response.headers.get(name) }
  } catch (reason) {
    const Failure = isAnswered || within.signal.aborted ? Error : ConnectionLost
    throw new Failure(`GET ${url}: ${inWords(reason)}`)
  } finally {
    within.settle()
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the answer is not JSON')
  }
}

/** By hand: `AbortSignal.any` keeps every request of a long-lived signal in memory on some versions of Node 20 and 22. */
function limitTime(timeoutMs: number, outer: AbortSignal): { signal: AbortSignal; settle(): void } {
  const controller = new AbortController()
  const abort = () => controller.abort(new Error('it was closed'))
  const expire = () => controller.abort(new Error(`no answer within ${timeoutMs} ms`))
  // In two halves: where this process was busy for longer than both, the second is left to read what has arrived meanwhile.
  let timer = setTimeout(() => {
    timer = setTimeout(expire, timeoutMs / 2)
  }, timeoutMs / 2)
  if (outer.aborted) abort()
  outer.addEventListener('abort', abort)
  return {
    signal: controller.signal,
    settle() {
      clearTimeout(timer)
      outer.removeEventListener('abort', abort)
    },
  }
}

/** Bytes are counted after they were unpacked, so that a small packed answer can't become a large one. */
async function readText(body: FetchedResponse['body'], maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function inWords(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason)
  // fetch says "fetch failed", and why in its cause.
  const { cause } = reason
  return cause instanceof Error ? `${reason.message}: ${cause.message}` : reason.message
}
