/** Requests as the bytes that go out. The headers are those that a small client sends. */

export function get(path: string, headers: Record<string, string> = {}): Buffer {
  return write('GET', path, headers, '')
}

export function post(path: string, headers: Record<string, string> = {}, body?: unknown): Buffer {
  const text = body === undefined ? '' : JSON.stringify(body)
  const described = body === undefined ? {} : { 'Content-Type': 'application/json' }
  const length = { 'Content-Length': String(Buffer.byteLength(text)) }
  return write('POST', path, { ...headers, ...described, ...length }, text)
}

function write(method: string, path: string, headers: Record<string, string>, body: string): Buffer {
  const all = { Host: 'localhost', 'User-Agent': 'sallyport-bench', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}
