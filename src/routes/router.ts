import type { IncomingMessage, ServerResponse } from 'node:http'
import express, { type Router } from 'express'
import { writeAnswer } from '../middleware/answer.ts'
import type { Web } from '../middleware/exchange.ts'
import { allowPreflight } from '../middleware/origin.ts'
import { writeProblem } from '../middleware/problem.ts'
import { Problem } from '../problems/problem.ts'
import type { Route } from './route.ts'
import { openExchange, serve } from './serve.ts'

/** Stands before every route, and answers what is its own. Production has none. */
export type Before = {
  serve: (req: IncomingMessage, res: ServerResponse, next: () => boolean) => boolean
}

/** The route tables as an Express router, to be mounted in any Express 5 app. */
export function createRouter(web: Web, rows: Route[], before?: Before): Router {
  const router = express.Router({ caseSensitive: true, strict: true })
  if (before) {
    router.use((req, res, next) => {
      before.serve(req, res, () => {
        next()
        return true
      })
    })
  }
  for (const [path, methods] of byPath(rows)) {
    router.all(path, (req, res) => handle(web, methods, req, res, path, req.params as Record<string, string>))
  }
  return router
}

/**
 * The same rows straight on node:http, for paths without parameters: what Express does for each request beside finding the
 * route costs several times what we do (docs/performance.md). False when the request is for Express.
 */
export function createDispatch(
  web: Web,
  rows: Route[],
  before?: Before,
): (req: IncomingMessage, res: ServerResponse) => boolean {
  const table = new Map([...byPath(rows)].filter(([path]) => !path.includes(':')))
  const dispatch = (req: IncomingMessage, res: ServerResponse) => {
    const url = req.url ?? ''
    const query = url.indexOf('?')
    const path = query === -1 ? url : url.slice(0, query)
    const methods = table.get(path)
    if (!methods) return false
    handle(web, methods, req, res, path, {})
    return true
  }
  return before ? (req, res) => before.serve(req, res, () => dispatch(req, res)) : dispatch
}

/** What no route answers. */
export function refuseUnknown(web: Web, req: IncomingMessage, res: ServerResponse): void {
  writeProblem(openExchange(web, req, res, ''), new Problem('not_found'))
}

type Methods = Map<string, Route>

function byPath(rows: Route[]): Map<string, Methods> {
  const paths = new Map<string, Methods>()
  for (const row of rows) {
    const methods = paths.get(row.path) ?? new Map<string, Route>()
    paths.set(row.path, methods.set(row.method, row))
  }
  return paths
}

function handle(
  web: Web,
  methods: Methods,
  req: IncomingMessage,
  res: ServerResponse,
  path: string,
  params: Record<string, string>,
): void {
  const row = methods.get(req.method === 'HEAD' ? 'GET' : (req.method ?? ''))
  if (row) return void serve(row, openExchange(web, req, res, path, params))
  const names = [...methods.keys()].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  const exchange = openExchange(web, req, res, path, params)
  const isForPages = [...methods.values()].some(({ guard }) => guard.reads !== 'client')
  if (isForPages && allowPreflight(req, res, web, names)) writeAnswer(exchange, { status: 204 })
  else writeProblem(exchange, wrongMethod(names))
}

/** The brief has 404 here, where RFC 9110 would have 405; the Allow header is the same. */
function wrongMethod(names: string[]): Problem {
  return new Problem('wrong_method', { headers: { Allow: names.join(', ') } })
}
