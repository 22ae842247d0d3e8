/** A service that is registered in CLIENTS, and what it sends: forms, with its id and secret by HTTP Basic. */
import type { TestGate } from './gate.ts'
import type { Client, Response } from './http-client.ts'

export const serviceSecret = 'a secret of a service in the tests: 9 herons + 1%'
export const otherSecret = 'the secret of another service in the tests: 2 owls'
/** The `env` of a gate with two services. */
export const withServices = { CLIENTS: `orders:${serviceSecret},shop.web:${otherSecret}` }

export type Service = {
  post(
    path: string,
    form: Record<string, string> | string,
    headers?: Record<string, string>,
  ): Promise<Response>
  introspect(token: string, more?: Record<string, string>): Promise<Response>
  revoke(token: string, more?: Record<string, string>): Promise<Response>
}

export function serviceOf(gate: Pick<TestGate, 'client'>, id = 'orders', secret = serviceSecret): Service {
  return serviceOver(gate.client(), basic(id, secret))
}

/** @param authorization `undefined`: what it says of itself is in the form */
export function serviceOver(client: Client, authorization: string | undefined): Service {
  const service: Service = {
    post: (path, form, headers = {}) =>
      client.post(path, new URLSearchParams(form).toString(), {
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          ...(authorization === undefined ? {} : { Authorization: authorization }),
          ...headers,
        },
      }),
    introspect: (token, more = {}) => service.post('/auth/introspect', { token, ...more }),
    revoke: (token, more = {}) => service.post('/auth/revoke', { token, ...more }),
  }
  return service
}

/** RFC 6749 2.3.1: both are form-encoded, then put together. */
export function basic(id: string, secret: string): string {
  const encode = (text: string) => new URLSearchParams({ x: text }).toString().slice(2)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}
