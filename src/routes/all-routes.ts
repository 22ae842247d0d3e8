import type { DevInbox } from '../mail/dev-inbox.ts'
import { accountRoutes } from './account.routes.ts'
import { authRoutes } from './auth.routes.ts'
import { devRoutes } from './dev.routes.ts'
import { devicesRoutes } from './devices.routes.ts'
import { describeApi } from './openapi.ts'
import { passwordRoutes } from './password.routes.ts'
import type { Route } from './route.ts'
import { sessionsRoutes } from './sessions.routes.ts'
import { type SystemState, systemRoutes } from './system.routes.ts'

/** Every route of a server. The API description shows all but those that only development has. */
export function allRoutes(
  options: Omit<SystemState, 'describeApi'> & { devInbox: DevInbox | undefined },
): Route[] {
  const rows: Route[] = [
    ...authRoutes,
    ...passwordRoutes,
    ...accountRoutes,
    ...sessionsRoutes,
    ...devicesRoutes,
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
  return options.devInbox ? [...rows, ...devRoutes(options.devInbox)] : rows
}
