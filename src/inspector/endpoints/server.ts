import { Problem } from '../../problems/problem.ts'
import { readAsset } from '../assets.ts'
import { type Endpoint, ok } from '../endpoint.ts'
import { pageHeaders } from '../headers.ts'
import { readLesson, runLesson } from '../run-lesson.ts'
import { describeConfig, describeState } from '../state.ts'
import { moveClock, type Tools } from '../tools.ts'

export function serverEndpoints(tools: Tools): Endpoint[] {
  const { parts, limits, recorder } = tools
  return [
    {
      method: 'GET',
      path: /^\/state$/,
      access: 'data',
      answer: async () => ok(await describeState(parts, limits)),
    },
    {
      method: 'GET',
      path: /^\/config$/,
      access: 'data',
      answer: () => ok(describeConfig(parts)),
    },
    {
      method: 'POST',
      path: /^\/try$/,
      access: 'act',
      async answer({ req, body }) {
        const asked = readLesson(body)
        if (!asked) throw new Problem('invalid_request', { detail: 'There is no lesson of this name.' })
        const result = await runLesson(asked, req, parts, (milliseconds) => moveClock(tools, milliseconds))
        await recorder.settled()
        return ok(result)
      },
    },
    {
      method: 'GET',
      path: /^\/assets\/([\w.-]+)$/,
      access: 'page',
      answer({ params: [name = ''] }) {
        const asset = readAsset(name)
        if (!asset) throw new Problem('not_found')
        return { status: 200, body: asset.text, type: asset.type, headers: pageHeaders }
      },
    },
  ]
}
