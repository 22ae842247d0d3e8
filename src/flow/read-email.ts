import { Problem } from '../problems/problem.ts'
import { canonicalEmail, type Email } from '../utils/email.ts'

/** The address that somebody sent, in the one spelling in which we keep it. What is none is told so: that says nothing about accounts. */
export function readEmail(text: string, field: string): Email {
  const email = canonicalEmail(text)
  if (email) return email
  const message = 'must be an address such as name@example.org, in ASCII without quotes or comments'
  throw new Problem('invalid_request', { extra: { errors: [{ path: [field], message }] } })
}
