import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { writeProblem } from './middleware/problem.ts'
import { refuseUnknown } from './routes/router.ts'
import { openExchange } from './routes/serve.ts'
import type { Sallyport } from './sallyport.ts'

/** The stand-alone Express app: our router, and an answer in our words to everything else. */
export function createApp(sallyport: Sallyport): Express {
  const { web } = sallyport.inside
  const app = express()
  // What Express would do for each request and nobody here needs.
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', false)

  app.use(sallyport.router)
  app.use((req: Request, res: Response) => refuseUnknown(web, req, res))
  app.use((reason: unknown, req: Request, res: Response, _next: NextFunction) => {
    // Express itself found fault with the request, such as a path with a bad percent sign.
    if ((reason as { status?: number }).status === 400) return refuseUnknown(web, req, res)
    writeProblem(openExchange(web, req, res, req.path), reason)
  })
  return app
}
