import type { InspectedParts } from '../../dev-tools.ts'
import { Problem } from '../../problems/problem.ts'
import { describeCode, revealCode } from '../describe-session.ts'
import { type Endpoint, ok, type Said } from '../endpoint.ts'
import { type FlowShelf, summarize } from '../flow-shelf.ts'
import { dataHeaders } from '../headers.ts'
import type { Tools } from '../tools.ts'
import type { FlowView } from '../wire.ts'

export function flowEndpoints({ parts, shelf, recorder }: Tools): Endpoint[] {
  return [
    {
      method: 'GET',
      path: /^\/flows$/,
      access: 'data',
      async answer({ query }) {
        await recorder.settled()
        const since = Number.parseInt(query.get('since') ?? '0', 10) || 0
        return ok({ revision: shelf.revision, flows: shelf.since(since).map(summarize) })
      },
    },
    {
      method: 'GET',
      path: /^\/flows\/([\w-]{1,40})$/,
      access: 'data',
      async answer({ params: [id = ''] }) {
        await recorder.settled()
        const flow = shelf.find(id)
        if (!flow)
          throw new Problem('not_found', { detail: 'No flow of this id is kept: only the last ones are.' })
        const code = flow.challengeId && (await describeCode(parts.stores, parts.gate, flow.challengeId))
        const token = flow.events.findLast((event) => event.token)?.token ?? null
        return ok({ ...summarize(flow), events: flow.events, code: code || null, token } satisfies FlowView)
      },
    },
  ]
}

export function liveEndpoints({ parts, shelf, stream }: Tools): Endpoint[] {
  return [
    {
      method: 'DELETE',
      path: /^\/flows$/,
      access: 'act',
      answer() {
        shelf.clear()
        return { status: 204 }
      },
    },
    {
      method: 'GET',
      path: /^\/events$/,
      access: 'data',
      answer({ req, res }) {
        stream.open(req, res, dataHeaders)
        return undefined
      },
    },
    {
      method: 'GET',
      path: /^\/secrets\/(code|token):([\w-]{1,80})$/,
      access: 'data',
      answer: ({ params: [kind = '', name = ''] }) => reveal(parts, shelf, kind, name),
    },
  ]
}

/** What was masked, for whoever has clicked for it; of a token also whether this server would take it now. */
async function reveal(parts: InspectedParts, shelf: FlowShelf, kind: string, name: string): Promise<Said> {
  if (kind === 'code') {
    const value = await revealCode(parts.stores, parts.gate, name)
    return value === undefined ? unknownSecret() : ok({ value })
  }
  const value = shelf.token(`token:${name}`)
  if (value === undefined) return unknownSecret()
  return ok({ value, check: await checkToken(parts, value) })
}

async function checkToken(
  { gate }: InspectedParts,
  token: string,
): Promise<{ isGood: boolean; says: string }> {
  try {
    await gate.accessTokens.verify(token)
    return {
      isGood: true,
      says: 'The signature fits our published key, and issuer, audience and times are right.',
    }
  } catch (reason) {
    return { isGood: false, says: reason instanceof Error ? reason.message : 'It is not good.' }
  }
}

function unknownSecret(): never {
  throw new Problem('not_found', { detail: 'It is not kept any more.' })
}
