/** One mail, composed and ready to be sent. */
export type Mail = {
  to: string
  subject: string
  text: string
  html: string
  /** BCP 47 tag of the words in it. */
  language: string
  /** The code inside, for the console and the dev inbox; channels that send never log it. */
  code?: string
  /** The outbox record it was composed from: the same for every attempt, so that a repeated mail can be told apart. */
  id?: string
}

export interface MailChannel {
  send(mail: Mail): Promise<void>
  /** Throws, with words for whoever runs the server, when mail can't be sent. */
  check(): Promise<void>
  close(): Promise<void>
}

/** A channel could not send. The message says what happened and what to change, and carries no secret. */
export class MailRefused extends Error {
  /** True when the same mail would be refused again, so that a retry is pointless. */
  readonly permanent: boolean
  readonly fix: string

  constructor(what: string, { permanent, fix }: { permanent: boolean; fix: string }) {
    super(`${what} ${fix}`)
    this.name = 'MailRefused'
    this.permanent = permanent
    this.fix = fix
  }
}
