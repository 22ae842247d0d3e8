import type { IncomingMessage } from 'node:http'
import { developmentAccount, type InspectedParts } from '../dev-tools.ts'
import { lessonAgent } from './describe-request.ts'
import { revealCode } from './describe-session.ts'
import { createLessonClient, type LessonReply } from './lesson-client.ts'
import { lessons, type Walk } from './lessons.ts'
import { type LessonName, type LessonResult, lessonNames } from './wire.ts'

export type LessonAsked = { lesson: LessonName; email: string; password: string }

/** `undefined` where the body names no lesson. */
export function readLesson(body: Record<string, unknown>): LessonAsked | undefined {
  const lesson = lessonNames.find((name) => name === body.lesson)
  const { email = developmentAccount.email, password = developmentAccount.password } = body
  return lesson && { lesson, email: String(email), password: String(password) }
}

/** An answer that the lesson did not expect: the rest of it would make no sense. */
class Surprise extends Error {}

let runs = 0

export async function runLesson(
  asked: LessonAsked,
  req: IncomingMessage,
  parts: InspectedParts,
  move: (milliseconds: number) => Promise<void>,
): Promise<LessonResult> {
  const steps: LessonResult['steps'] = []
  let flowId: string | null = null
  const client = createLessonClient({
    address: req.socket.localAddress ?? '127.0.0.1',
    port: req.socket.localPort ?? 0,
    host: req.headers.host ?? 'localhost',
    // A name of its own, so that what it loses is never joined to the flow of another run.
    agent: `${lessonAgent}${asked.lesson} (run ${++runs})`,
  })
  const walk: Walk = {
    ...asked,
    async step(request, expected, sent) {
      const [method = '', path = ''] = request.split(' ')
      const reply = await client.send(method, `${parts.web.mountPath}${path}`, sent)
      flowId = reply.flowId
      steps.push(describeStep(request, reply))
      if (outcomeOf(reply) !== expected) throw new Surprise()
      return reply
    },
    code: (login) => readCode(parts, login),
    wait: move,
    accessTokenTtlMs: parts.settings.accessTokenTtlMs,
    refreshGraceMs: parts.settings.refreshGraceMs,
  }
  const isAsExpected = await lessons[asked.lesson](walk).then(
    () => true,
    (reason) => {
      if (reason instanceof Surprise) return false
      throw reason
    },
  )
  return { lesson: asked.lesson, flowId, isAsExpected, steps }
}

function outcomeOf({ status, body }: LessonReply): string {
  return status < 400 ? String(status) : `${status} ${body.code}`
}

function describeStep(request: string, { status, body }: LessonReply): LessonResult['steps'][number] {
  const word = (name: string) => (typeof body[name] === 'string' ? (body[name] as string) : null)
  return { request, status, code: word('code'), cause: word('cause'), fix: word('fix') }
}

/** As its reader would find it in the mail, which may still be on its way. */
async function readCode({ stores, gate }: InspectedParts, login: LessonReply): Promise<string> {
  const session = await stores.read.sessions.find(String(login.body.sessionId))
  const code = session?.challengeId && (await revealCode(stores, gate, session.challengeId))
  // A browser that is trusted gets no code; a lesson keeps no such cookie.
  if (!code) throw new Surprise()
  return code
}
