import { Problem } from '../problems/problem.ts'
import type { EndReason } from '../stores/session-record.ts'
import type { Acts } from '../stores/stores.ts'
import type { TrustedDeviceRecord } from '../stores/trusted-devices.ts'
import { createId, createSecret, hashSecret } from '../utils/secret.ts'
import { decide, type Gate, type RecordEvent, type Visit } from './gate.ts'
import { type Caller, recordEnds } from './sessions.ts'

/** Lets this browser skip the code from now on. Gives the secret that goes into its cookie; `undefined` where none is trusted. */
export async function trustDevice(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  { accountId }: Caller,
): Promise<string | undefined> {
  const { trustedDeviceTtlMs } = gate.rules
  if (trustedDeviceTtlMs === 0) return undefined
  const now = gate.clock.now()
  const secret = createSecret()
  const id = createId('dev')
  await acts.trustedDevices.trust({
    id,
    secretHash: hashSecret(secret),
    accountId,
    name: visit.device,
    device: visit.device,
    address: visit.address,
    createdAt: now,
    expiresAt: now + trustedDeviceTtlMs,
  })
  await record({ type: 'device.trusted', accountId, detail: { deviceId: id } })
  return secret
}

/** One line of the list of trusted devices. Times are ISO 8601 in UTC. */
export type DeviceView = {
  id: string
  name: string
  device: string
  address: string
  createdAt: string
  lastUsedAt: string
  expiresAt: string
}

export async function listDevices(gate: Gate, caller: Caller): Promise<DeviceView[]> {
  const devices = await gate.stores.read.trustedDevices.listOf(caller.accountId, gate.clock.now())
  return devices.map(toView)
}

export async function renameDevice(
  gate: Gate,
  visit: Visit,
  caller: Caller,
  renaming: { id: string; name: string },
): Promise<void> {
  const { id, name } = renaming
  const { accountId } = caller
  const renamed = await decide(gate, visit, async (acts, record) => {
    if (!(await acts.trustedDevices.rename(accountId, id, name))) return false
    await record({ type: 'device.renamed', accountId, detail: { deviceId: id } })
    return true
  })
  if (!renamed) throw unknownDevice()
}

/** Ends one trusted device of the caller's account; another account's is as unknown as one that never was. */
export async function endDevice(gate: Gate, visit: Visit, caller: Caller, deviceId: string): Promise<void> {
  const { accountId, sessionId } = caller
  const ended = await decide(gate, visit, async (acts, record) => {
    if (!(await acts.trustedDevices.end(accountId, deviceId))) return false
    await record({ type: 'device.ended', accountId, detail: { deviceId } })
    await endSessionsOf(gate, visit, acts, record, {
      accountId,
      deviceId,
      exceptId: sessionId,
      because: 'revoked',
    })
    return true
  })
  if (!ended) throw unknownDevice()
}

export async function endAllDevices(
  gate: Gate,
  visit: Visit,
  { accountId, sessionId }: Caller,
): Promise<void> {
  await decide(gate, visit, async (acts, record) => {
    for (const deviceId of await acts.trustedDevices.endAllOf(accountId)) {
      await record({ type: 'device.ended', accountId, detail: { deviceId } })
      await endSessionsOf(gate, visit, acts, record, {
        accountId,
        deviceId,
        exceptId: sessionId,
        because: 'revoked',
      })
    }
  })
}

/** A device opened its sessions without a code: they end with it, but for the one that asks. One at a time is enough. */
export async function endSessionsOf(
  gate: Gate,
  visit: Visit,
  acts: Acts,
  record: RecordEvent,
  which: { accountId: string; deviceId: string; exceptId: string; because: EndReason },
): Promise<void> {
  const { accountId, deviceId, exceptId, because } = which
  const ids = await acts.trustedDevices.endSessionsOf(accountId, deviceId, {
    exceptId,
    because,
    now: gate.clock.now(),
    from: visit.device,
  })
  await recordEnds(record, accountId, ids, because)
}

function unknownDevice(): Problem {
  return new Problem('not_found', { detail: 'You trust no device with this id.' })
}

function toView({ id, name, device, address, ...times }: TrustedDeviceRecord): DeviceView {
  return {
    id,
    name,
    device,
    address,
    createdAt: new Date(times.createdAt).toISOString(),
    lastUsedAt: new Date(times.lastUsedAt).toISOString(),
    expiresAt: new Date(times.expiresAt).toISOString(),
  }
}
