import { parseBody } from './http-client.ts'

export type RawResponse = {
  status: number
  /** By lower-case name; of a repeated header the last. */
  headers: Record<string, string>
  setCookies: string[]
  // biome-ignore lint/suspicious/noExplicitAny: assertions on replies read better without a cast at each step
  body: any
  /** Why there is no reply, with the status 0. */
  error?: string
}

/** The first HTTP/1.1 response in these bytes after any `100 Continue`, or `undefined` while it isn't whole. */
export function parseResponse(bytes: Buffer, connection: 'more to come' | 'closed'): RawResponse | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n')
  const fields = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 1).trim(),
  ])
  const headers: Record<string, string> = Object.fromEntries(fields)
  const status = Number(statusLine.split(' ')[1])
  const rest = bytes.subarray(headEnd + 4)
  if (status === 100) return parseResponse(rest, connection)
  const content = parseContent(rest, headers, status, connection)
  if (content === undefined) return undefined
  return {
    status,
    headers,
    setCookies: fields.filter(([name]) => name === 'set-cookie').map(([, value]) => value as string),
    body: parseBody(content.toString(), headers['content-type']),
  }
}

function parseContent(
  bytes: Buffer,
  headers: Record<string, string>,
  status: number,
  connection: 'more to come' | 'closed',
): Buffer | undefined {
  if (status === 204 || status === 304) return Buffer.alloc(0)
  if (headers['transfer-encoding'] === 'chunked') return joinChunks(bytes)
  const length = headers['content-length']
  if (length !== undefined)
    return bytes.length < Number(length) ? undefined : bytes.subarray(0, Number(length))
  return connection === 'closed' ? bytes : undefined
}

function joinChunks(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16)
    const start = lineEnd + 2
    if (bytes.length < start + size + 2) return undefined
    if (size === 0) return Buffer.concat(chunks)
    chunks.push(bytes.subarray(start, start + size))
    at = start + size + 2
  }
}
