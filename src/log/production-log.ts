import pino from 'pino'
import type { Log } from './log.ts'

/** A write for each line costs a tenth of a request (measured); lines wait this long for others. What failed does not wait. */
const flushEveryMs = 100

/** One JSON line each, on standard output. */
export function createProductionLog(level: string): Log {
  const output = pino.destination({ sync: false, minLength: 4_096 })
  setInterval(() => output.flush(), flushEveryMs).unref()
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { reason: describeReason },
    },
    output,
  )
  return {
    event({ type, detail, at: _at, ...context }) {
      log.info({ event: type, ...context, ...(Object.keys(detail).length > 0 ? { detail } : {}) })
    },
    refusal({ exchange, status, code, cause, reason }) {
      const { req, path, visit } = exchange
      const about = {
        event: 'request.refused',
        flowId: visit.flowId,
        method: req.method,
        path,
        status,
        code,
        cause,
      }
      // Our own faults and outages are for the operator; refusals are the daily bread of a gate.
      if (status >= 500) log.error({ ...about, reason })
      else log.info({ ...about, address: visit.address })
    },
    fault(where, reason) {
      log.error({ event: 'fault', where, reason })
      output.flush()
    },
    notice: (text) => log.warn(text),
  }
}

function describeReason(reason: unknown): unknown {
  if (!(reason instanceof Error)) return reason
  const { cause, stack } = reason
  return { message: reason.message, stack, ...(cause === undefined ? {} : { cause: describeReason(cause) }) }
}
