import { endAllDevices, endDevice, listDevices, renameDevice } from '../flow/devices.ts'
import { requireSessionOrToken } from '../middleware/auth.middleware.ts'
import { Problem } from '../problems/problem.ts'
import { limits } from './limits.ts'
import { type Route, route } from './route.ts'
import { deviceBody, deviceListShape } from './shapes.ts'

/** The trusted devices of one's own account. */
export const devicesRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/auth/devices',
    summary: 'List the trusted devices of this account',
    guard: requireSessionOrToken,
    answers: { status: 200, description: 'The devices, last used first', shape: deviceListShape },
    async handle({ exchange, caller }) {
      return { status: 200, body: { devices: await listDevices(exchange.web.gate, caller) } }
    },
  }),
  route({
    method: 'DELETE',
    path: '/auth/devices',
    summary: 'Trust no device any more',
    guard: requireSessionOrToken,
    answers: { status: 204, description: 'Every next login asks for a code' },
    async handle({ exchange, visit, caller }) {
      await endAllDevices(exchange.web.gate, visit, caller)
      return { status: 204 }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/devices/:id',
    summary: 'Name a trusted device',
    guard: requireSessionOrToken,
    limits: [limits.deviceName],
    body: deviceBody,
    answers: { status: 204, description: 'The device has its name' },
    refuses: ['not_found'],
    async handle({ exchange, visit, caller, params, body }) {
      await renameDevice(exchange.web.gate, visit, caller, { id: deviceId(params), name: body.name })
      return { status: 204 }
    },
  }),
  route({
    method: 'DELETE',
    path: '/auth/devices/:id',
    summary: 'Trust one device no more',
    guard: requireSessionOrToken,
    answers: { status: 204, description: 'Its next login asks for a code' },
    refuses: ['not_found'],
    async handle({ exchange, visit, caller, params }) {
      await endDevice(exchange.web.gate, visit, caller, deviceId(params))
      return { status: 204 }
    },
  }),
]

function deviceId({ id = '' }: Record<string, string>): string {
  if (!/^dev_[\w-]{22}$/.test(id))
    throw new Problem('not_found', { detail: 'You trust no device with this id.' })
  return id
}
