import { type Command, InvalidArgumentError } from 'commander'
import { readClaims } from '../flow/account-claims.ts'
import { changeClaims } from '../flow/accounts.ts'
import type { Email } from '../utils/email.ts'
import { findUser, on } from './one-user.ts'
import { actAtDesk, withStores } from './open-desk.ts'
import { examples, printJson } from './output.ts'

type Claims = Record<string, unknown>
type Options = { set: Claims; remove: string[] }

export function addClaims(user: Command): void {
  const command = on(
    user,
    'claims',
    "Show or change the account's own claims, which its access tokens carry. What is removed or changed counts within a second.",
  )
    .option('--set <name=value>', 'a claim: JSON, or text where it is none; may be repeated', addClaim, {})
    .option('--remove <name>', 'take a claim away; may be repeated', addName, [])
    .action(claims)
  examples(command, [
    'sallyport user claims nora@example.org',
    'sallyport user claims nora@example.org --set role=admin --set \'teams=["red","blue"]\'',
    'sallyport user claims nora@example.org --remove role',
  ])
}

function addClaim(text: string, before: Claims): Claims {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Write name=value, such as role=admin.')
  return { ...before, [text.slice(0, at)]: readValue(text.slice(at + 1)) }
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function addName(name: string, before: string[]): string[] {
  return [...before, name]
}

async function claims(email: Email, { set, remove }: Options): Promise<void> {
  if (Object.keys(set).length === 0 && remove.length === 0) {
    return withStores(async (stores) => printJson(readClaims((await findUser(stores, email)).claims)))
  }
  const now = await actAtDesk(async (desk) =>
    changeClaims(desk, await findUser(desk.stores, email), (before) => changed(before, set, remove)),
  )
  printJson(now)
}

function changed(before: Claims, set: Claims, remove: string[]): Claims {
  const kept = Object.entries({ ...before, ...set }).filter(([name]) => !remove.includes(name))
  return Object.fromEntries(kept)
}
