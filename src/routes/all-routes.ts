import { accountRoutes } from './account.routes.ts'
import { authRoutes } from './auth.routes.ts'
import { devicesRoutes } from './devices.routes.ts'
import { describeApi } from './openapi.ts'
import { passwordRoutes } from './password.routes.ts'
import { revocationRoutes } from './revocation.routes.ts'
import type { Route } from './route.ts'
import { sessionsRoutes } from './sessions.routes.ts'
import { type SystemState, systemRoutes } from './system.routes.ts'

/** Every route of a server. What only development has is no route: dev-tools.ts stands before them. */
export function allRoutes(options: Omit<SystemState, 'describeApi'>): Route[] {
  const rows: Route[] = [
    ...authRoutes,
    ...passwordRoutes,
    ...accountRoutes,
    ...sessionsRoutes,
    ...devicesRoutes,
    ...revocationRoutes,
  ]
  let description: unknown
  rows.push(
    ...systemRoutes({
      ...options,
      describeApi() {
        description ??= describeApi(rows, options.linkBase)
        return description
      },
    }),
  )
  return rows
}
