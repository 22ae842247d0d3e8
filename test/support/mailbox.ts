import type { ReceivedMail } from './smtp-sink.ts'

type Wanted = { to: string; subject?: RegExp }
type Waiting = { wanted: Wanted; resolve: (mail: ReceivedMail) => void }

type Mailbox = {
  mails: ReceivedMail[]
  add(mail: ReceivedMail): void
  waitForMail(wanted: Wanted, withinMs?: number): Promise<ReceivedMail>
  clear(): void
}

/** Mails in the order of arrival, each given out once. */
export function createMailbox(): Mailbox {
  const mails: ReceivedMail[] = []
  const given = new Set<ReceivedMail>()
  const waiting = new Set<Waiting>()

  return {
    mails,
    add(mail) {
      mails.push(mail)
      const next = [...waiting].find(({ wanted }) => fits(mail, wanted))
      if (!next) return
      waiting.delete(next)
      given.add(mail)
      next.resolve(mail)
    },
    waitForMail(wanted, withinMs = 5_000) {
      const mail = mails.find((each) => !given.has(each) && fits(each, wanted))
      if (mail) {
        given.add(mail)
        return Promise.resolve(mail)
      }
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(entry)
          reject(new Error(`No mail for ${wanted.to} in ${withinMs} ms; arrived: ${summary(mails)}`))
        }, withinMs)
        const entry: Waiting = {
          wanted,
          resolve(found) {
            clearTimeout(timer)
            resolve(found)
          },
        }
        waiting.add(entry)
      })
    },
    clear() {
      mails.length = 0
    },
  }
}

function fits(mail: ReceivedMail, { to, subject }: Wanted): boolean {
  return mail.recipients.includes(to) && (subject === undefined || subject.test(mail.subject))
}

function summary(mails: ReceivedMail[]): string {
  return mails.map(({ recipients, subject }) => `${recipients.join(', ')} "${subject}"`).join('; ') || 'none'
}
