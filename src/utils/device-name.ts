import { BROWSER_MAP, getParser, OS_MAP } from 'bowser'
import { BoundedMap } from './bounded-map.ts'

/**
 * `Chrome on Linux`, for mails and session lists. Every word comes from a closed list: for a client that it does not
 * know, bowser repeats text of the header, which would let an attacker write into the owner's mail (A-SMTP-02).
 */
export function deviceName(userAgent: string | undefined): string {
  const text = (userAgent ?? '').slice(0, 256)
  const known = seen.get(text)
  if (known !== undefined) return known
  const name = readDevice(text)
  seen.set(text, name)
  return name
}

/** A few hundred kinds of client make nearly all requests, and reading one takes longer than a look into the store. */
const seen = new BoundedMap<string, string>(500)

function readDevice(text: string): string {
  const tool = tools.find(([pattern]) => pattern.test(text))
  if (tool) return tool[1]
  const browser = parsed(text)
  if (browser === undefined || !browserNames.has(browser.name)) return 'an unknown client'
  return systemNames.has(browser.system) ? `${browser.name} on ${browser.system}` : browser.name
}

const browserNames = new Set(Object.values(BROWSER_MAP))
const systemNames = new Set(Object.values(OS_MAP))

/** The clients of developers, which bowser does not know. */
const tools: [pattern: RegExp, name: string][] = [
  [/^curl\//, 'curl'],
  [/^PostmanRuntime\//, 'Postman'],
  [/^insomnia\//i, 'Insomnia'],
  [/^bruno-runtime\//i, 'Bruno'],
  [/^HTTPie\//, 'HTTPie'],
  [/^Wget\//, 'Wget'],
  [/^python-(requests|httpx|urllib)/i, 'Python'],
  [/^Go-http-client\//, 'Go'],
  [/^(node|undici)$/, 'Node'],
]

function parsed(text: string): { name: string; system: string } | undefined {
  try {
    const parser = getParser(text, true)
    return { name: parser.getBrowserName(), system: parser.getOSName() }
  } catch {
    return undefined
  }
}
