import { accepted, type Parse, refused } from './parsers.ts'

/** `id:secret` of each service; a secret may hold a colon, not a comma. Neither is repeated to anybody: they may have been swapped. */
export const clientList: Parse<{ id: string; secret: string }[]> = (text) => {
  const clients = new Map<string, string>()
  for (const [index, entry] of text.split(',').entries()) {
    const [, id, secret] = /^([\w.-]{1,64}):(\P{Cc}+)$/u.exec(entry.trim()) ?? []
    if (id === undefined || secret === undefined) return refused(`entry ${index + 1} is no id:secret`, howTo)
    if (clients.has(id)) return refused(`entry ${index + 1} has an id that another one has`, howTo)
    clients.set(id, secret)
  }
  return accepted([...clients].map(([id, secret]) => ({ id, secret })))
}

const howTo =
  'Write id:secret,id:secret on one line: an id of letters, digits, ., _ and -, up to 64, once each, and a secret without a comma.'
