import type { SecretHash } from '../utils/secret.ts'
import type { Row, Run } from './database.ts'
import type { EndReason } from './session-record.ts'

/** A browser that its owner trusts: with the password it needs no code, and it is never enough without the password. */
export type TrustedDeviceRecord = {
  /** A public handle; what opens is the secret of its cookie. */
  id: string
  accountId: string
  name: string
  device: string
  address: string
  createdAt: number
  lastUsedAt: number
  expiresAt: number
}

const columns = 'id, account_id, name, device, address, created_at, last_used_at, expires_at'

export type TrustedDevices = ReturnType<typeof trustedDevicesOver>

export function trustedDevicesOver(run: Run) {
  const ids = (rows: Row[]) => rows.map((row) => row.id as string)
  return {
    async trust(device: Omit<TrustedDeviceRecord, 'lastUsedAt'> & { secretHash: SecretHash }): Promise<void> {
      await run(
        `insert into trusted_devices (id, secret_hash, account_id, name, device, address, created_at, last_used_at, expires_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)`,
        [
          device.id,
          device.secretHash,
          device.accountId,
          device.name,
          device.device,
          device.address,
          device.createdAt,
          device.expiresAt,
        ],
      )
    },

    /** Gives the device if it is this account's and still trusted, and notes its use (A-FLOW-08). */
    async use(secretHash: SecretHash, accountId: string, now: number): Promise<string | undefined> {
      const [id] = ids(
        await run(
          `update trusted_devices set last_used_at = ?3
           where secret_hash = ?1 and account_id = ?2 and expires_at > ?3 and created_at <= ?4 returning id`,
          // A clock that was set back gives no device more time (F-CLOCK-01).
          [secretHash, accountId, now, now + 60_000],
        ),
      )
      return id
    },

    async listOf(accountId: string, now: number): Promise<TrustedDeviceRecord[]> {
      const rows = await run(
        `select ${columns} from trusted_devices where account_id = ?1 and expires_at > ?2 order by last_used_at desc limit 200`,
        [accountId, now],
      )
      return rows.map(toDevice)
    },

    async rename(accountId: string, id: string, name: string): Promise<boolean> {
      const rows = await run(
        'update trusted_devices set name = ?3 where account_id = ?1 and id = ?2 returning id',
        [accountId, id, name],
      )
      return rows.length === 1
    },

    async end(accountId: string, id: string): Promise<boolean> {
      const rows = await run('delete from trusted_devices where account_id = ?1 and id = ?2 returning id', [
        accountId,
        id,
      ])
      return rows.length === 1
    },

    async endAllOf(accountId: string): Promise<string[]> {
      return ids(await run('delete from trusted_devices where account_id = ?1 returning id', [accountId]))
    },

    /** Ends the sessions that a device opened, but for one (pass '' to end all). */
    async endSessionsOf(
      accountId: string,
      id: string,
      { exceptId, because, now, from }: { exceptId: string; because: EndReason; now: number; from: string },
    ): Promise<string[]> {
      return ids(
        await run(
          `update sessions set ended_at = ?4, ended_because = ?3, ended_from = ?6
           where account_id = ?1 and device_id = ?2 and id <> ?5 and ended_at is null returning id`,
          [accountId, id, because, now, exceptId, from],
        ),
      )
    },

    async purge(before: number, limit: number): Promise<number> {
      const rows = await run(
        `delete from trusted_devices where id in (
           select id from trusted_devices where expires_at < ?1 limit ?2) returning id`,
        [before, limit],
      )
      return rows.length
    },
  }
}

function toDevice(row: Row): TrustedDeviceRecord {
  return {
    id: row.id as string,
    accountId: row.account_id as string,
    name: row.name as string,
    device: row.device as string,
    address: row.address as string,
    createdAt: row.created_at as number,
    lastUsedAt: row.last_used_at as number,
    expiresAt: row.expires_at as number,
  }
}
