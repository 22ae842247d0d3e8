import type { Command } from 'commander'
import { catalogue, type ProblemCode } from '../problems/catalogue.ts'
import { readFlowId } from '../utils/flow-id.ts'
import { explainCode, nearestCode } from './explain/explain-code.ts'
import { explainFlow } from './explain/explain-flow.ts'
import { CommandFailure, exitCodes } from './failure.ts'
import { withStores } from './open-desk.ts'
import { examples } from './output.ts'

export function addExplainCommand(program: Command): void {
  const explain = program
    .command('explain')
    .description(
      'Explain a refusal by its code, or what happened in a flow by its support code (`instance`, X-Flow-Id, flowId in the log). ' +
        'What is shown of a flow names nobody, so that it can be passed on.',
    )
    .argument('<code-or-flow>', 'such as otp_invalid, or 7Q2M-K4XD')
    .option('--json', 'as JSON')
    .action(explainAny)
  examples(explain, ['sallyport explain session_missing', 'sallyport explain 7Q2M-K4XD'])
}

async function explainAny(asked: string, { json }: { json?: true }): Promise<void> {
  if (Object.hasOwn(catalogue, asked)) return explainCode(asked as ProblemCode, json === true)
  const flowId = readFlowId(asked.toUpperCase())
  if (flowId !== undefined) return withStores((stores) => explainFlow(stores, flowId, json === true))
  const meant = nearestCode(asked)
  throw new CommandFailure(
    `${JSON.stringify(asked.slice(0, 60))} is neither a code nor a support code.${meant === undefined ? '' : ` Did you mean ${meant}?`} ` +
      'Codes are the member `code` of a refusal, support codes its `instance`.',
    exitCodes.usage,
  )
}
